"""The examples of docs/python.md, one after the other, on a real farm."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import framefarm
from farm import ROOT, LiveFarm
from test_live import BALL, SCENE


class Examples(unittest.TestCase):
    def test_every_example_does_what_the_manual_says(self) -> None:
        live = LiveFarm(f"docs{os.getpid()}").start()
        self.addCleanup(live.remove)
        shots = live.folder / "shots"
        (shots / "parts").mkdir(parents=True)
        (shots / "ball.pov").write_text(SCENE)
        (shots / "parts/ball.inc").write_text(BALL)
        blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text("utf-8"), re.S)
        self.assertEqual(len(blocks), 4)
        said, known = io.StringIO(), {"__name__": "example"}
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(live.folder)
        with mock.patch.dict(os.environ, live.environment, clear=True), contextlib.redirect_stdout(said):
            for block in blocks:
                exec(compile(block, "docs/python.md", "exec"), known)
        told = said.getvalue()
        for words in ("4 of 4", f"frames{os.sep}ball.0004.png", "size - ", "priority - priority 300", "done 100.0 %"):
            self.assertIn(words, told)
        self.assertIn("frame 1\n", told)
        self.assertIsInstance(known["farm"], framefarm.Farm)
        known["farm"].close()  # type: ignore[attr-defined]


if __name__ == "__main__":
    unittest.main()
