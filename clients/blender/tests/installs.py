"""Runs inside Blender: installs the add-on from the zip that the farm gives out, as people do.

    blender -b --factory-startup --python installs.py -- ZIP OUT.json
"""

import json
import sys

import bpy

ZIP, OUT = sys.argv[sys.argv.index("--") + 1:][:2]


def main():
    if bpy.app.version >= (4, 2):
        bpy.ops.extensions.package_install_files(filepath=ZIP, repo="user_default", enable_on_install=True)
        name = "bl_ext.user_default.framefarm"
    else:
        bpy.ops.preferences.addon_install(filepath=ZIP)
        bpy.ops.preferences.addon_enable(module="framefarm_addon")
        name = "framefarm_addon"
    settings = bpy.context.scene.framefarm
    known = bpy.context.preferences.addons[name].preferences
    known.server = "http://127.0.0.1:9"
    told = {
        "blender": bpy.app.version_string, "priority": settings.priority, "server": known.server,
        "operator": bpy.ops.framefarm.submit.poll(), "engine": settings.engine,
    }
    # It can be switched off and on again.
    bpy.ops.preferences.addon_disable(module=name)
    told["off"] = not hasattr(bpy.types.Scene, "framefarm")
    bpy.ops.preferences.addon_enable(module=name)
    told["on"] = hasattr(bpy.types.Scene, "framefarm")
    with open(OUT, "w", encoding="utf-8") as file:
        json.dump(told, file)


main()
