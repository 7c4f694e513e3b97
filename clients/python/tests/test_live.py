"""The client against a real farm: jobs that render, faults, a farm that goes away and comes back."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
import unittest
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import framefarm
from farm import ROOT, LiveFarm

SCENE = """#version 3.7;
global_settings { assumed_gamma 1 }
#include "parts/ball.inc"
camera { location <0, 1.5, -4> look_at 0 }
light_source { <3, 5, -4> rgb 1 }
plane { y, -1 pigment { checker rgb 1 rgb 0.5 } }
object { Ball translate <clock - 0.5, 0, 0> }
"""
BALL = "#declare Ball = sphere { 0, 1 pigment { rgb x } finish { phong 0.6 } }\n"


def has_door(method: str, path: str) -> bool:
    """Whether the farm has this door; docs/doors.md lists them all, and a test keeps it so."""
    return f"| {method} | `/api/v1{path}` |" in (ROOT / "docs/doors.md").read_text("utf-8")


def size_of(png: Path) -> tuple[int, int]:
    data = png.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", png
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


class Live(unittest.TestCase):
    """One farm for all of them."""

    live: LiveFarm

    @classmethod
    def setUpClass(cls) -> None:
        cls.live = LiveFarm(f"python{os.getpid()}").start()
        cls.addClassCleanup(cls.live.remove)

    def setUp(self) -> None:
        patch = mock.patch.dict(os.environ, self.live.environment, clear=True)
        patch.start()
        self.addCleanup(patch.stop)
        self.farm = framefarm.connect(self.live.url)
        self.addCleanup(self.farm.close)
        self.folder = self.live.folder / self.id().rsplit(".", 1)[1]
        (self.folder / "shots/parts").mkdir(parents=True)
        (self.folder / "shots/ball.pov").write_text(SCENE)
        (self.folder / "shots/parts/ball.inc").write_text(BALL)

    def scene(self) -> Path:
        return self.folder / "shots/ball.pov"

    def command(self, script: str, **fields: object) -> framefarm.Job:
        return self.farm.submit(command=["sh", "-c", script], **fields)

    def test_a_scene_is_rendered_and_fetched(self) -> None:
        told: list[framefarm.Progress] = []
        job = self.farm.submit(
            self.scene(), files=[self.folder / "shots/parts"], frames="1-4", size="64x48",
            settings={"quality": 8}, needs="memory>=1M", priority=20, group="films", progress=told.append)
        self.assertEqual({one.phase for one in told}, {"read", "send"})
        self.assertEqual(told[-1].done, told[-1].total)
        views: list[int] = []
        view = job.wait(lambda view: views.append(view["frames_done"]))
        told_of_it = (view["state"], view["frames_done"], view["priority"], view["group"])
        self.assertEqual(told_of_it, ("done", 4, 20, "films"))
        self.assertEqual(views, sorted(views))
        files = job.fetch(self.folder / "out")
        self.assertEqual([file.name for file in files], [f"ball.000{number}.png" for number in range(1, 5)])
        self.assertEqual({size_of(file) for file in files}, {(64, 48)})
        by_hand = self.live.folder / "by-hand"
        self.live.run("fetch", str(job.id), str(by_hand))
        self.assertEqual(files[2].read_bytes(), (by_hand / files[2].name).read_bytes())
        # What is there and right is left alone, what is not is put right.
        before = files[0].stat().st_mtime_ns
        files[1].write_bytes(b"broken")
        job.fetch(self.folder / "out", names=[files[0].name, files[1].name])
        self.assertEqual((files[0].stat().st_mtime_ns, size_of(files[1])), (before, (64, 48)))
        self.assertEqual([file for file in (self.folder / "out").iterdir() if file.name.startswith(".")], [])
        self.assertIn("POV-Ray", job.log(2))
        self.assertEqual([frame["state"] for frame in job.frames(numbers="2-3")], ["done", "done"])

    def test_nothing_is_read_or_sent_twice(self) -> None:
        old = time.time() - 60
        big = self.folder / "big.bin"
        big.write_bytes(os.urandom(3_000_000))
        os.utime(big, (old, old))
        submit = lambda told: self.command("true", files=[big], progress=told.append)  # noqa: E731
        # A file that was just made is read again, since it may change within the same tick.
        with mock.patch("time.time", lambda: old + 3600):
            first: list[framefarm.Progress] = []
            submit(first).wait()
            self.assertEqual(sum(one.phase == "send" for one in first) > 0, True)
            second: list[framefarm.Progress] = []
            with mock.patch.object(framefarm, "digest_of", side_effect=AssertionError("it is read again")):
                self.farm = framefarm.connect(self.live.url)
                submit(second).wait()
        self.assertEqual([one for one in second if one.phase == "send"], [])

    def test_every_fault_comes_at_once_with_its_field(self) -> None:
        with self.assertRaises(framefarm.Invalid) as caught:
            self.farm.submit(
                self.scene(), frames="4-1-", size="huge", priority=300, settings={"qualiti": 9},
                needs="memory>=much", tiles="9x9", colour="red")
        fields = {fault.get("field") for fault in caught.exception.faults}
        self.assertTrue({"frames", "size", "priority", "settings.qualiti", "colour", "needs"} <= fields, fields)
        self.assertIn("quality", str(caught.exception))
        with self.assertRaises(framefarm.Invalid) as caught:
            self.farm.submit(self.folder / "none.pov", files=["nowhere/*.png"])
        self.assertIn("is not there", str(caught.exception))
        self.assertEqual(list(self.farm.jobs(text="none")), [])

    def test_missing_files_are_faults_unless_the_job_goes_without(self) -> None:
        missing: list[framefarm.Fault] = [{"place": "image", "what": "wood.png is not there"}]
        files = [self.folder / "shots/parts"]
        with self.assertRaises(framefarm.Invalid):
            self.farm.submit(self.scene(), files=files, size="8x8", missing=missing)
        job = self.farm.submit(self.scene(), files=files, size="8x8", missing=missing, allow_missing=True)
        self.assertIn("wood.png is not there", " ".join(job.warnings))
        job.wait()

    def test_files_keep_their_places_and_copies_stand_in_for_them(self) -> None:
        copy = self.folder / "copy.pov"
        copy.write_text(SCENE.replace("Ball translate", "Ball scale 0.5 translate"))
        away = self.folder / "elsewhere.txt"
        away.write_text("far")
        job = self.farm.submit(
            self.scene(), files=[self.folder / "shots/parts/ball.inc"], away=[away], size="8x8",
            copies={str(self.scene()): copy})
        files = {file["path"]: file for file in job.description()["files"]}
        self.assertEqual(set(files), {"ball.pov", "parts/ball.inc", f"elsewhere{away}"})
        self.assertEqual(files["ball.pov"]["original"], str(self.scene()))
        self.assertEqual(files["ball.pov"]["digest"], framefarm.digest_of(copy))
        job.wait()

    def test_tiles_steps_and_a_movie_are_made_by_the_farm(self) -> None:
        job = self.farm.submit(
            self.scene(), files=[self.folder / "shots/parts"], frames="1-2", size="64x48", tiles="2x1", movie=True)
        view = job.wait()
        self.assertEqual([step["name"] for step in view["steps"]][-2:], ["render", "movie"])
        self.assertIn("ball.movie.mp4", [output["name"] for output in job.results()])

    def test_jobs_are_steered(self) -> None:
        job = self.command("sleep 60", name="slow", hold=True)
        self.assertEqual(job.refresh()["state"], "held")
        self.assertIn("hold", job.why()[0]["sentence"])
        self.assertEqual(job.set_priority(7)["priority"], 7)
        self.assertIn(job.release()["state"], ("queued", "active"))
        self.assertEqual([view["id"] for view in self.farm.jobs(state=["queued", "active"], text="SLO")], [str(job.id)])
        job.hold()
        job.kill()
        with self.assertRaises(framefarm.JobFailed) as caught:
            job.wait()
        self.assertEqual(caught.exception.view["state"], "killed")
        self.assertEqual(job.wait(check=False)["state"], "killed")
        with self.assertRaises(framefarm.Missing):
            self.farm.job(4711)
        with self.assertRaises(framefarm.Refused) as refused:
            self.farm.call("GET", "/jobs", None, {"colour": "red"})
        self.assertIn("colour", str(refused.exception))

    def test_a_job_that_fails_says_why(self) -> None:
        job = self.command("echo no way; exit 3", attempts=1)
        with self.assertRaises(framefarm.JobFailed) as caught:
            job.wait()
        self.assertIn("1 of 1 frames failed", str(caught.exception))
        failed = list(job.frames(state="failed"))
        self.assertEqual((len(failed), failed[0]["attempts"]), (1, 1))
        self.assertIn("no way", job.log(1))
        self.assertEqual(job.retry()["frames_failed"], 0)
        job.wait(check=False)

    def test_a_log_is_followed_and_read_in_parts(self) -> None:
        job = self.command("for n in 1 2 3 4; do echo line $n; sleep 0.2; done; printf 'gr\\303\\274n\\n'")
        pieces = list(job.follow_log(1, pause=0.1))
        self.assertGreater(len(pieces), 1)
        self.assertEqual("".join(pieces), "line 1\nline 2\nline 3\nline 4\ngr\u00fcn\n")
        self.assertEqual(job.log(1, tail=6), "gr\u00fcn\n")
        self.assertEqual(job.frame(1)["state"], "done")
        with self.assertRaises(framefarm.Missing):
            job.log(7)

    def test_long_lists_come_in_pages(self) -> None:
        job = self.command("true", frames="1-250", hold=True)
        self.assertEqual([frame["number"] for frame in job.frames()], list(range(1, 251)))
        job.kill()

    def test_a_farm_that_goes_away_and_comes_back(self) -> None:
        job = self.command("sleep 0.3", name="patient", frames="1-8")
        seen: list[framefarm.JobView] = []
        follower = threading.Thread(target=lambda: seen.extend(job.watch()))
        follower.start()
        while not any(view["frames_done"] for view in list(seen)):
            time.sleep(0.05)
        self.live.stop(signal.SIGKILL)
        # A submit meanwhile waits, and makes one job.
        late: list[framefarm.Job] = []
        other = threading.Thread(target=lambda: late.append(self.command("true", name="late", key="late-1")))
        with mock.patch.object(framefarm, "AWAY_TIME", 60.0):
            self.live.start()
            other.start()
            other.join(60)
            follower.join(60)
        self.assertFalse(follower.is_alive())
        self.assertEqual((seen[-1]["state"], seen[-1]["frames_done"]), ("done", 8))
        late[0].wait()
        again = self.command("true", name="late", key="late-1")
        self.assertEqual(again.id, late[0].id)

    def test_who_has_no_proof_is_told_what_to_do(self) -> None:
        with self.assertRaises(framefarm.Denied) as caught:
            framefarm.connect(self.live.url, token="wrong").whoami()
        self.assertIn("framefarm login", str(caught.exception))
        self.live.run("user", "add", "ada", "--role", "viewer", "--password-stdin", entered="long enough\n")
        with mock.patch.dict(os.environ, {"XDG_CONFIG_HOME": str(self.folder / "ada")}):
            with self.assertRaises(framefarm.Denied):
                framefarm.login("ada", "wrong", self.live.url)
            framefarm.login("ada", "long enough", self.live.url).close()
            ada = framefarm.connect(self.live.url)
            self.addCleanup(ada.close)
            self.assertEqual((ada.whoami()["name"], ada.whoami()["role"]), ("ada", "viewer"))
            with self.assertRaises(framefarm.Denied) as caught:
                ada.submit(command=["true"])
            self.assertTrue(caught.exception.hint or caught.exception.title)
            kept = next(framefarm.Account.folder().glob("*.toml"))
            self.assertEqual(kept.stat().st_mode & 0o777, 0o600)
            # The command line reads what was kept.
            with mock.patch.dict(self.live.environment, {"XDG_CONFIG_HOME": str(self.folder / "ada")}):
                self.assertIn("ada", self.live.run("whoami", "--server", self.live.url))
            kept.chmod(0o644)
            with self.assertRaises(framefarm.Untrusted):
                framefarm.connect(self.live.url)

    def test_the_farm_is_found(self) -> None:
        found = framefarm.connect()
        self.assertEqual((found.farm_id, found.url), (self.farm.farm_id, self.live.url))
        self.assertEqual(framefarm.connect(farm=found.farm_id).farm_id, found.farm_id)
        with mock.patch.dict(os.environ, {"FRAMEFARM_SERVER": self.live.url.split("//")[1]}):
            self.assertEqual(framefarm.connect().url, self.live.url)
        for wrong in ("ftp://farm", "http://farm/page", "http://ada@farm", "http://farm:x"):
            with self.assertRaises(framefarm.NotFound):
                framefarm.connect(wrong)
        with self.assertRaises(framefarm.NotFound) as caught:
            framefarm.connect(farm="no-such-farm", wait=0.3)
        self.assertIn("FRAMEFARM_SERVER", str(caught.exception))
        with self.assertRaises(framefarm.Unreachable):
            framefarm.connect("http://127.0.0.1:9")

    def test_hosts_and_what_fits(self) -> None:
        hosts = list(self.farm.hosts(need="memory>=1M"))
        self.assertEqual((len(hosts), hosts[0]["slots_total"]), (1, 2))
        self.assertEqual(self.farm.host(hosts[0]["name"])["name"], hosts[0]["name"])
        self.assertEqual(self.farm.match("tag=nothing")["hosts"], [])
        self.assertEqual(self.farm.info()["farm"], self.farm.name)

    def test_what_a_listener_raises_ends_it(self) -> None:
        def stop(_: framefarm.Progress) -> None:
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            self.farm.submit(self.scene(), files=[self.folder / "shots/parts"], size="8x8", progress=stop)

    @unittest.skipUnless(has_door("POST", "/jobs/orders"), "orders to a selection are no door yet")
    def test_orders_to_a_selection(self) -> None:
        jobs = [self.command("true", name=f"many {number}", hold=True) for number in range(3)]
        counted = self.farm.order("kill", text="many", dry_run=True)
        self.assertEqual(counted["matched"], 3)
        with self.assertRaises(framefarm.Conflict):
            self.farm.order("kill", text="many", expect=2)
        with self.assertRaises(framefarm.Invalid):
            self.farm.order("kill")
        self.assertEqual(self.farm.order("priority", priority=9, text="many", state=["held", "queued"])["matched"], 3)
        self.assertEqual(jobs[1].refresh()["priority"], 9)
        done = self.farm.order("kill", ids=[job.id for job in jobs[:2]])
        self.assertEqual(sorted(int(one) for one in done["done"]), [job.id for job in jobs[:2]])
        self.assertEqual(jobs[2].refresh()["state"], "held")
        jobs[2].kill()

    @unittest.skipUnless(has_door("POST", "/jobs/{job}/frames/orders"), "orders to frames are no door yet")
    def test_orders_to_frames(self) -> None:
        job = self.command("exit 3", name="bad", frames="1-3", attempts=1)
        job.wait(check=False)
        self.assertEqual(job.order_frames("retry", numbers="2-3", states=["failed"])["frames"], 2)
        job.wait(check=False)
        self.assertEqual([frame["attempts"] for frame in job.frames()], [1, 2, 2])

    @unittest.skipUnless(has_door("GET", "/package-names"), "packages are no door yet")
    def test_packages_say_what_they_can_be_told(self) -> None:
        names = [package["name"] for package in self.farm.packages()]
        self.assertTrue({"povray", "blender"} <= set(names), names)
        settings = [setting["name"] for setting in self.farm.package("povray")["settings"]]
        self.assertIn("quality", settings)
        with self.assertRaises(framefarm.Missing):
            self.farm.package("no such package")

    @unittest.skipUnless(has_door("GET", "/events"), "events are no door yet")
    def test_events_go_on_where_they_broke_off(self) -> None:
        events = self.farm.events(["jobs"])
        hello = next(events)
        self.assertEqual(hello.name, "hello")
        first = self.command("true", name="told")
        self.assertTrue(until_told(events, first.id)[-1].id)
        # Another start of the farm does not know what the last one told: the lists are to be looked at anew.
        self.live.stop()
        self.live.start()
        names = []
        for event in events:
            names.append(event.name)
            if event.name == "reset":
                break
        self.assertIn("hello", names)
        second = self.command("true", name="told again")
        until_told(events, second.id)
        # A connection that breaks meanwhile is none that tells twice or forgets.
        last = until_told(events, self.command("true", name="third").id)[-1].id
        fourth = self.command("true", name="fourth")
        resumed = self.farm.events(["jobs"], after=last)
        hello = next(resumed)
        self.assertTrue(hello.data["resumed"], hello)
        until_told(resumed, fourth.id)
        with contextlib.suppress(RuntimeError):
            events.close()  # type: ignore[attr-defined]
            resumed.close()  # type: ignore[attr-defined]


def until_told(events: Iterator[framefarm.Event], job: int) -> list[framefarm.Event]:
    """All events up to the first that tells of `job`."""
    told = []
    for event in events:
        told.append(event)
        if event.name == "jobs" and str(job) in [view["id"] for view in event.data["items"]]:
            break
    return told


class Secure(unittest.TestCase):
    """A farm that other machines reach speaks TLS, with an authority of its own."""

    def test_its_authority_is_asked_for(self) -> None:
        live = LiveFarm(f"secure{os.getpid()}", "--lan").start()
        self.addCleanup(live.remove)
        # It may have no other address than that of loopback, where it speaks TLS as well.
        url = f"https://127.0.0.1:{live.port}"
        with mock.patch.dict(os.environ, live.environment, clear=True):
            farm = framefarm.connect(url)
            self.addCleanup(farm.close)
            job = farm.submit(command=["echo", "hello"])
            self.assertEqual(job.wait()["state"], "done")
            self.assertIn("hello", job.log(1))
            token = live.run("token", "create", "tests", "--role", "artist").strip().splitlines()[-1]
        stranger = {**live.environment, "XDG_CONFIG_HOME": str(live.folder / "stranger")}
        with mock.patch.dict(os.environ, stranger, clear=True):
            with self.assertRaises(framefarm.Untrusted) as caught:
                framefarm.connect(url, token=token)
            self.assertIn("farm_id", str(caught.exception))
            with self.assertRaises(framefarm.Untrusted):
                framefarm.connect(url, token=token, farm_id="0" * 16)
            known = framefarm.connect(url, token=token, farm_id=farm.farm_id)
            self.addCleanup(known.close)
            self.assertEqual(known.whoami()["role"], "artist")
            # Another authority, as of somebody who stands between.
            other = LiveFarm(f"other{os.getpid()}", "--lan").start()
            self.addCleanup(other.remove)
            forged = framefarm.Farm(
                f"https://127.0.0.1:{other.port}",
                {"farm": farm.name, "farm_id": farm.farm_id, "version": "", "authority": authority_of(url)}, token)
            with self.assertRaises(framefarm.Untrusted):
                forged.whoami()


def authority_of(url: str) -> str:
    return framefarm._identity(url)["authority"]


if __name__ == "__main__":
    unittest.main()
