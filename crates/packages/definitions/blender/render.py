"""Renders frames by Blender's Python module, where there is no program `blender`.

    python render.py SCENE FRAMES OUTPUT FORMAT THREADS [-- name=value...]
"""

import os
import sys

import bpy

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check  # noqa: E402


def main():
    file, frames, output, kind, threads = sys.argv[1:6]
    words = check.words()
    scripts = words.get("scripts") == "enable-autoexec"
    # Blender has said why by itself; a traceback of ours would only hide it.
    try:
        bpy.ops.wm.open_mainfile(filepath=file, load_ui=False, use_scripts=scripts)
    except RuntimeError as error:
        sys.exit(str(error).strip())
    check.watch_progress()
    render = bpy.context.scene.render
    render.image_settings.file_format = kind
    scene = check.check(words)
    render = scene.render
    render.threads_mode, render.threads = "FIXED", int(threads)
    render.use_file_extension = True
    numbers = [int(word) for word in frames.split(",")]
    check.report_missing(numbers)
    for frame in numbers:
        # Before 5.0 Blender names the frame itself, and keeps lines back that were printed before.
        if bpy.app.version >= (5, 0):
            print(f"framefarm: begin {frame}", flush=True)
        scene.frame_set(frame)
        render.filepath = f"{output}{frame:04d}"
        try:
            bpy.ops.render.render(write_still=True, scene=scene.name)
        except RuntimeError as error:
            sys.exit(str(error).strip())


main()
