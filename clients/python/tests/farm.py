"""A farm of its own for the tests: the real binary, on loopback, in a new folder."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("FRAMEFARM_BIN") or ROOT / "target/debug/framefarm")


def system_path() -> str:
    """PATH without the Python that runs the tests: a Blender of the system would take its modules from there."""
    own = {str(Path(sys.executable).parent), f"{sys.prefix}/bin"}
    return os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep) if part not in own)


class LiveFarm:
    """A farm that can be stopped and started again at the same port."""

    def __init__(self, name: str, *flags: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="framefarm-py-"))
        # Frames may run as another account, which has to be able to get there.
        self.folder.chmod(0o755)
        self.flags = flags
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("FRAMEFARM_")},
            "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_DATA_HOME": str(self.folder / "data"), "XDG_CACHE_HOME": str(self.folder / "cache"),
            "FRAMEFARM_FARM": name, "FRAMEFARM_DNS": "none", "PATH": system_path(),
        }
        self.port = 0
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> LiveFarm:
        command = [BINARY, "up", "--port", str(self.port), "--slots", "2", *self.flags]
        path = self.folder / "log.txt"
        before = path.stat().st_size if path.exists() else 0
        with open(path, "a") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT)
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            ready = re.search(r"framefarm ready at (\S+:(\d+)) ", path.read_text("utf-8", "replace")[before:])
            if ready:
                self.url, self.port = ready[1], int(ready[2])
                return self
            time.sleep(0.05)
        said = path.read_text("utf-8", "replace")
        self.remove()
        raise AssertionError(f"the farm does not start:\n{said}")

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def run(self, *words: str, entered: str | None = None) -> str:
        """What a command prints."""
        done = subprocess.run(
            [BINARY, *words], env=self.environment, cwd=self.folder, input=entered, capture_output=True, text=True,
            timeout=60)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
