"""Runs inside Blender, without a screen: makes a scene, submits it with the add-on, fetches its frames.

    blender -b --factory-startup --python inside.py -- FOLDER ADDONS
    python inside.py -- FOLDER ADDONS          where Blender is a module

FOLDER is for the scene; what came of it is written to FOLDER/told.json. ADDONS is a folder with the add-on.
"""

import json
import os
import sys
import time
from pathlib import Path

import bpy

FOLDER, ADDONS = sys.argv[sys.argv.index("--") + 1:][:2]
# Who renders: old Blenders cannot read what new ones save.
PACKAGE = os.environ.get("FRAMEFARM_TEST_PACKAGE", "blender")
sys.path.insert(0, ADDONS)
import framefarm_addon  # noqa: E402
from framefarm_addon import core, panels  # noqa: E402


def picture(path, color):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    image = bpy.data.images.new("made", 8, 8)
    image.pixels = list(color) * 64
    image.filepath_raw, image.file_format = path, "PNG"
    image.save()
    bpy.data.images.remove(image)
    return path


def textured(name, path):
    """A plane with an emissive texture, so that what is missing shows in the picture."""
    bpy.ops.mesh.primitive_plane_add(size=2)
    thing = bpy.context.object
    thing.name = name
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    out, glow = tree.nodes.new("ShaderNodeOutputMaterial"), tree.nodes.new("ShaderNodeEmission")
    texture = tree.nodes.new("ShaderNodeTexImage")
    texture.image = bpy.data.images.load(path, check_existing=False)
    tree.links.new(texture.outputs["Color"], glow.inputs["Color"])
    tree.links.new(glow.outputs["Emission"], out.inputs["Surface"])
    thing.data.materials.append(material)
    return thing, texture.image


def make_scene():
    """Half of the picture is a texture beside the scene, half one that is named by its whole path elsewhere."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    near, image = textured("near", picture(f"{FOLDER}/tex/red.png", (1, 0, 0, 1)))
    near.location.x = -1
    far, other = textured("far", picture(f"{FOLDER}-away/green.png", (0, 1, 0, 1)))
    far.location.x = 1
    bpy.ops.object.camera_add(location=(0, 0, 5))
    scene.camera = bpy.context.object
    scene.camera.data.type, scene.camera.data.ortho_scale = "ORTHO", 4
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 128, 64, 50
    scene.frame_start, scene.frame_end = 3, 4
    os.makedirs(f"{FOLDER}/shots", exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=f"{FOLDER}/shots/scene.blend")
    image.filepath, other.filepath = "//../tex/red.png", f"{FOLDER}-away/green.png"
    # What is not saved travels all the same.
    scene.frame_end = 5
    return scene


def wait(shot):
    """As Blender does with its timer: looks now and then."""
    seen = []
    while shot.is_alive():
        if not seen or seen[-1] != shot.phase:
            seen.append(shot.phase)
        panels.status(shot)
        time.sleep(0.02)
    return [*seen, shot.phase]


def told_of(shot, seen):
    return {
        "phases": seen, "job": shot.job_id, "problem": shot.problem, "hint": shot.hint, "faults": shot.faults,
        "warnings": shot.warnings, "fetched": [str(path) for path in shot.fetched], "status": panels.status(shot),
        "view": shot.view,
    }


def colors(path):
    """Two pixels, from the left half and the right."""
    image = bpy.data.images.load(str(path))
    (width, height), pixels = image.size, list(image.pixels)
    middle = height // 2 * width
    found = [[round(part) for part in pixels[at * 4:at * 4 + 3]] for at in (middle + 8, middle + width - 8)]
    bpy.data.images.remove(image)
    return found


def main():
    told = {"blender": bpy.app.version_string}
    scene = make_scene()
    framefarm_addon.register()
    scene.framefarm.version, scene.framefarm.package = "any", PACKAGE
    found = core.look(panels.wishes_of(scene.framefarm), scene)
    told["look"] = {
        "scene": found.scene, "files": found.files, "away": found.away, "folders": found.folders,
        "missing": found.missing, "fields": found.fields,
    }
    begun = time.monotonic()
    shot = core.Shot(core.Access(), found, f"{FOLDER}/frames")
    shot.start()
    told["waited_ms"] = round((time.monotonic() - begun) * 1000)
    told["shot"] = told_of(shot, wait(shot))
    told["colors"] = colors(shot.fetched[0]) if shot.fetched else None
    told["copy_left"] = os.path.exists(found.copy)

    bpy.data.images["green.png"].filepath = "/nowhere/green.png"
    shot = core.Shot(core.Access(), core.look(core.Wishes(package=PACKAGE, version="any"), scene))
    shot.start()
    told["missing"] = told_of(shot, wait(shot))
    shot = core.Shot(core.Access(), core.look(
        core.Wishes(package=PACKAGE, version="any", allow_missing=True, frames="3", priority=900, tiles="9x9"), scene))
    shot.start()
    told["wrong"] = told_of(shot, wait(shot))
    shot = core.Shot(core.Access(server="http://127.0.0.1:9"), core.look(core.Wishes(allow_missing=True), scene))
    shot.start()
    told["no_farm"] = told_of(shot, wait(shot))
    shot = core.Shot(core.Access(token="wrong"), core.look(core.Wishes(allow_missing=True), scene))
    shot.start()
    told["no_token"] = told_of(shot, wait(shot))
    shot = core.Shot(core.Access(), core.look(
        core.Wishes("tiled", "3", 2, package=PACKAGE, version="any", allow_missing=True, tiles="2x1"), scene),
        f"{FOLDER}/tiled")
    shot.start()
    told["tiled"] = told_of(shot, wait(shot))
    # A scene without a place.
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.framefarm.version = "any"
    new = core.look(core.Wishes(package=PACKAGE, version="any", hold=True), bpy.context.scene)
    shot = core.Shot(core.Access(), new)
    shot.start()
    while not shot.view and shot.is_alive():
        time.sleep(0.02)
    told["held"] = shot.view
    shot.stop()
    core.Access().connect().job(shot.job_id).kill()
    told["unsaved"] = told_of(shot, wait(shot))
    framefarm_addon.unregister()
    Path(FOLDER, "told.json").write_text(json.dumps(told), "utf-8")


main()
