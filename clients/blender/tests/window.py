"""Runs inside a Blender with a window: drives the panel as people do, by its buttons, while Blender draws it.

    blender --factory-startup --python window.py -- FOLDER ADDONS
"""

import json
import os
import sys
from pathlib import Path

import bpy

FOLDER, ADDONS = sys.argv[sys.argv.index("--") + 1:][:2]
sys.path.insert(0, ADDONS)
import addon_utils  # noqa: E402

addon_utils.enable("framefarm_addon", default_set=True)
from framefarm_addon import panels  # noqa: E402

told = {"statuses": [], "looks": 0}


def window():
    return bpy.context.window_manager.windows[0]


def open_panel():
    largest = max(window().screen.areas, key=lambda area: area.width * area.height)
    if largest.type != "PROPERTIES":
        largest.type = "PROPERTIES"
        return False
    largest.spaces[0].context = "OUTPUT"
    return True


def submit():
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 64, 48, 100
    scene.frame_end = 2
    settings = scene.framefarm
    settings.folder, settings.version, settings.hold = f"{FOLDER}/frames", "any", True
    bpy.ops.framefarm.submit()
    settings.frames = "1-"
    bpy.ops.framefarm.submit()


def held():
    return next((shot for shot in panels.shots if shot.view.get("state") == "held"), None)


def go_on():
    """Called again and again by Blender's timer, between its own drawing."""
    told["looks"] += 1
    told["statuses"].append([panels.status(shot) for shot in panels.shots])
    with bpy.context.temp_override(window=window()):
        if not panels.shots:
            if open_panel():
                submit()
            return 0.5
        waiting = held()
        if waiting and told.setdefault("held", True):
            told["held"] = False
            bpy.ops.framefarm.order(job=waiting.job_id, verb="release")
        if all(shot.ended for shot in panels.shots) or told["looks"] > 400:
            end()
    return 0.25


def end():
    told["phases"] = [shot.phase for shot in panels.shots]
    told["faults"] = [shot.faults for shot in panels.shots]
    told["fetched"] = [str(path) for shot in panels.shots for path in shot.fetched]
    bpy.ops.framefarm.stop(index=0)
    told["left"] = len(panels.shots)
    Path(FOLDER, "told.json").write_text(json.dumps(told), "utf-8")
    sys.stdout.flush()
    os._exit(0)


bpy.app.timers.register(go_on, first_interval=1.0, persistent=True)
