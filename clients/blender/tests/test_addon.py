"""The add-on in real Blenders without a screen, from the zip that a real farm gives out, to frames on the disk.

Blenders are `blender` on the PATH and every Python that FRAMEFARM_TEST_BPY names (`:` between them) or that is
called `bpy-python` on the PATH. Scenes saved by a module are rendered by the package `bpy`, as Debian's Blender is
older.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import unittest
import urllib.request
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "python/tests"))
from farm import ROOT, LiveFarm  # noqa: E402


def blenders() -> list[tuple[str, list[str], str]]:
    """Name, command and rendering package of each."""
    found = []
    program = shutil.which("blender")
    if program:
        flags = ["-b", "--factory-startup", "--python-exit-code", "1", "--python"]
        found.append(("blender", [program, *flags], "blender"))
    module = shutil.which("bpy-python")
    named = [path for path in os.environ.get("FRAMEFARM_TEST_BPY", module or "").split(":") if path]
    return found + [(f"bpy{number}", [path], "bpy") for number, path in enumerate(named)]


def picture(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


@unittest.skipUnless(blenders(), "no Blender is here: scripts/test --programs installs some")
class AddOn(unittest.TestCase):
    live: LiveFarm
    zip: bytes

    @classmethod
    def setUpClass(cls) -> None:
        cls.live = LiveFarm(f"blender{os.getpid()}").start()
        cls.addClassCleanup(cls.live.remove)
        with urllib.request.urlopen(f"{cls.live.url}/clients/framefarm-blender.zip") as answer:
            cls.zip = answer.read()

    def test_the_farm_gives_out_what_is_in_the_repository(self) -> None:
        with urllib.request.urlopen(f"{self.live.url}/clients/framefarm.py") as answer:
            self.assertEqual(answer.read(), (ROOT / "clients/python/framefarm.py").read_bytes())
        with zipfile.ZipFile(io.BytesIO(self.zip)) as unpacked:
            self.assertIsNone(unpacked.testzip())
            inside = {Path(name).name: unpacked.read(name) for name in unpacked.namelist()}
        own = {path.name: path.read_bytes() for path in (ROOT / "clients/blender/framefarm_addon").iterdir()
               if path.is_file()}
        self.assertEqual({name: inside[name] for name in own}, own)
        self.assertEqual(inside["framefarm.py"], (ROOT / "clients/python/framefarm.py").read_bytes())

    def test_it_installs_as_people_install_it(self) -> None:
        for name, command, _ in blenders():
            with self.subTest(name):
                folder = self.live.folder / f"install-{name}"
                folder.mkdir()
                (folder / "framefarm-blender.zip").write_bytes(self.zip)
                home = {**self.live.environment, "BLENDER_USER_RESOURCES": str(folder / "home")}
                out = folder / "told.json"
                words = [*command, str(HERE / "installs.py"), "--", str(folder / "framefarm-blender.zip"), str(out)]
                told = self.run_inside(words, out, home)
                found = (told["priority"], told["server"], told["engine"])
                self.assertEqual(found, (50, "http://127.0.0.1:9", "SCENE"))
                self.assertTrue(told["operator"] and told["off"] and told["on"], told)

    def run_inside(self, words: list[str], out: Path, environment: dict[str, str]) -> dict:
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300)
        self.assertTrue(out.exists(), f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return json.loads(out.read_text("utf-8"))

    def test_a_scene_goes_to_the_farm_and_comes_back(self) -> None:
        for name, command, package in blenders():
            with self.subTest(name):
                folder, addons = self.live.folder / f"scene-{name}", self.live.folder / f"addons-{name}"
                folder.mkdir()
                zipfile.ZipFile(io.BytesIO(self.zip)).extractall(addons)
                environment = {**self.live.environment, "FRAMEFARM_TEST_PACKAGE": package}
                words = [*command, str(HERE / "inside.py"), "--", str(folder), str(addons)]
                self.check(folder, self.run_inside(words, folder / "told.json", environment))

    @unittest.skipUnless(shutil.which("xvfb-run") and shutil.which("blender"), "no Blender, or no Xvfb to show it on")
    def test_its_panel_works_in_a_window(self) -> None:
        folder, addons = self.live.folder / "window", self.live.folder / "addons-window"
        folder.mkdir()
        zipfile.ZipFile(io.BytesIO(self.zip)).extractall(addons)
        words = [
            "xvfb-run", "-a", "-s", "-screen 0 1200x1200x24", "blender", "--factory-startup", "-p", "0", "0", "1000",
            "1000", "--python", str(HERE / "window.py"), "--", str(folder), str(addons)]
        environment = {**self.live.environment, "LIBGL_ALWAYS_SOFTWARE": "1"}
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300)
        said = f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        self.assertTrue((folder / "told.json").exists(), said)
        self.assertNotIn("Traceback", said)
        told = json.loads((folder / "told.json").read_text("utf-8"))
        self.assertEqual((told["phases"], told["left"]), (["failed", "done"], 1), told)
        self.assertIn("frames:", told["faults"][0][0])
        self.assertEqual({picture(Path(path)) for path in told["fetched"]}, {(64, 48)})
        self.assertTrue(any("held" in status for line in told["statuses"] for status in line), told["statuses"])

    def check(self, folder: Path, told: dict) -> None:
        look, shot = told["look"], told["shot"]
        self.assertEqual(look["files"], [f"{folder}/tex/red.png"])
        self.assertEqual(look["away"], [f"{folder}-away/green.png"])
        self.assertEqual((look["fields"]["frames"], look["fields"]["size"]), ("3-5", "64x32"))
        self.assertFalse(told["copy_left"])
        self.assertLess(told["waited_ms"], 100, "the window would hang")
        self.assertEqual((shot["phases"][-1], shot["problem"], shot["view"]["frames_done"]), ("done", "", 3), shot)
        self.assertEqual(shot["view"]["frames_warned"], 0, "a texture is missing on the render host")
        self.assertEqual([Path(path).name for path in shot["fetched"]], [f"scene.000{n}.png" for n in (3, 4, 5)])
        self.assertEqual({picture(Path(path)) for path in shot["fetched"]}, {(64, 32)})
        self.assertEqual(told["colors"], [[1, 0, 0], [0, 1, 0]], "a texture is not what it was")
        self.assertIn("/nowhere/green.png", " ".join(told["missing"]["faults"]))
        self.assertEqual({line.split(":")[0] for line in told["wrong"]["faults"]}, {"priority", "tiles"})
        self.assertIn("nobody listens", told["no_farm"]["problem"])
        self.assertIn("framefarm login", told["no_token"]["hint"])
        self.assertEqual(told["tiled"]["phases"][-1], "done", told["tiled"])
        self.assertEqual(picture(Path(told["tiled"]["fetched"][0])), (64, 32))
        self.assertEqual((told["held"]["state"], told["unsaved"]["status"]), ("held", "Stopped"))


if __name__ == "__main__":
    unittest.main()
