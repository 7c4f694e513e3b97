"""Stays in Blender and renders the frames that it is asked for, with the scene loaded once.

    blender -b SCENE ... --python resident.py -- name=value...
    python resident.py SCENE FORMAT THREADS -- name=value...      where Blender is a Python module
"""

import ctypes
import json
import os
import sys

import bpy

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check  # noqa: E402


def say(text):
    """Blender keeps its own lines back when they go to a file; they belong before ours."""
    ctypes.CDLL(None).fflush(None)
    print("framefarm: " + text, flush=True)


def open_scene(words):
    """The scene is open already where a program `blender` runs this."""
    if bpy.data.filepath:
        return
    file, kind, threads = sys.argv[1:4]
    scripts = words.get("scripts") == "enable-autoexec"
    try:
        bpy.ops.wm.open_mainfile(filepath=file, load_ui=False, use_scripts=scripts)
    except RuntimeError as error:
        sys.exit(str(error).strip())
    render = bpy.context.scene.render
    render.image_settings.file_format = kind
    render.threads_mode, render.threads = "FIXED", int(threads)
    render.use_file_extension = True


def render(scene, request):
    for frame in request["frames"]:
        say(f"begin {frame}")
        try:
            scene.frame_set(frame)
            scene.render.filepath = f"{request['output_stem']}{frame:04d}"
            bpy.ops.render.render(write_still=True, scene=scene.name)
        except Exception as error:
            say(f"failed {frame} {' '.join(str(error).split())}")
            return
        say(f"done {frame}")


def main():
    words = check.words()
    open_scene(words)
    check.watch_progress()
    scene = check.check(words)
    # Meshes, textures and shaders stay as they are from frame to frame.
    scene.render.use_persistent_data = True
    say("ready")
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        check.report_missing(request["frames"])
        render(scene, request)


main()
