"""Lists the files that a Blender scene needs, for whoever submits it.

Run as `blender -b --factory-startup --disable-autoexec SCENE --python support.py -- OUT.json SCENE`, or as
`python support.py -- OUT.json SCENE` where Blender is a Python module. No script of the scene is run.

OUT.json holds {"blender": version, "files": [...], "problems": [...]}; of each file: kind, name, path (absolute),
written (as it stands in the scene), used_by, within (the .blend that names it, "" for the scene), packed,
series ("one", "sequence", "tiles", "folder") and optional.
"""

import json
import os
import sys

import bpy

files = []
problems = []


def listed(collection):
    return list(getattr(bpy.data, collection, ()))


def home_of(block):
    """The .blend that `block` comes from, "" for the scene itself."""
    library = getattr(block, "library", None)
    return bpy.path.abspath(library.filepath, library=library.parent) if library else ""


def whole(path, home):
    """`path` from the root, as Blender finds it from the file `home`."""
    if path.startswith("//"):
        folder = os.path.dirname(home or bpy.data.filepath)
        path = os.path.join(folder, path[2:].replace("\\", "/"))
    if path[:1] == "/" and path[:2] != "//":
        path = os.path.normpath(path)
    return path


def label(block):
    return "%s %s" % (type(block).__name__.lower(), block.name)


def users():
    """Who uses each block, by name; a block that only its own file keeps has none."""
    try:
        found = bpy.data.user_map()
    except Exception as error:
        problems.append("who uses which file is not known: %s" % error)
        return {}
    return {block: sorted(label(user) for user in by) for block, by in found.items()}


def add(kind, name, written, home="", used_by=(), packed=False, series="one", optional=False):
    if not written or written.startswith("<"):
        return
    files.append({
        "kind": kind,
        "name": name,
        "path": os.path.normpath(whole(written, home)) if written.startswith("//") else whole(written, home),
        "written": written,
        "used_by": list(used_by),
        "within": os.path.normpath(home) if home else "",
        "packed": bool(packed),
        "series": series,
        "optional": bool(optional),
    })


def add_blocks(used):
    def packed(block):
        # Tiles are packed one by one.
        several = getattr(block, "packed_files", None)
        return bool(getattr(block, "packed_file", None)) or bool(several and len(several))

    def block(kind, it, path=None, series="one", optional=False):
        by = used.get(it, ())
        add(kind, it.name, path or it.filepath, home_of(it), by, packed(it), series, optional or not by)

    for it in listed("libraries"):
        # A library that is packed into the scene travels with it.
        home = bpy.path.abspath(it.parent.filepath, library=it.parent.parent) if it.parent else ""
        add("library", it.name, it.filepath, home, (), packed(it))
    kinds = {"SEQUENCE": "sequence", "TILED": "tiles"}
    for it in listed("images"):
        if it.source not in {"GENERATED", "VIEWER"}:
            block("image", it, series=kinds.get(it.source, "one"))
    for it in listed("movieclips"):
        block("movie clip", it, series=kinds.get(it.source, "one"))
    for it in listed("fonts"):
        block("font", it)
    for it in listed("sounds"):
        block("sound", it)
    for it in listed("cache_files"):
        block("cache file", it, series="sequence" if it.is_sequence else "one")
    for it in listed("volumes"):
        block("volume", it, series="sequence" if it.is_sequence else "one")
    for it in listed("texts"):
        # A text that is edited outside of Blender: its lines lie in the scene as well.
        if it.filepath and not it.is_in_memory:
            block("text", it, optional=True)


def add_nodes():
    """Files that nodes name by themselves: scripts of shaders and light distributions."""
    trees = [it.node_tree for kind in ("materials", "worlds", "lights") for it in listed(kind) if it.node_tree]
    for tree in trees + listed("node_groups"):
        for node in tree.nodes:
            if node.bl_idname in {"ShaderNodeScript", "ShaderNodeTexIES"} and node.mode == "EXTERNAL":
                add("file of a node", node.name, node.filepath, home_of(tree), [label(tree)])


def add_caches():
    """Simulations that were written to disk, and geometry that modifiers read."""
    blend = os.path.splitext(os.path.basename(bpy.data.filepath))[0]

    def points(cache, owner):
        for one in getattr(cache, "point_caches", None) or [cache]:
            if one.use_external:
                add("point cache", one.name or owner, one.filepath, "", [owner], series="folder")
            elif one.use_disk_cache:
                add("point cache", one.name or owner, "//blendcache_" + blend, "", [owner], series="folder",
                    optional=not one.is_baked)

    for thing in listed("objects"):
        owner, home = label(thing), home_of(thing)
        for modifier in thing.modifiers:
            kind = modifier.type
            if kind == "MESH_CACHE":
                add("mesh cache", modifier.name, modifier.filepath, home, [owner])
            elif kind == "FLUID" and modifier.fluid_type == "DOMAIN":
                domain = modifier.domain_settings
                baked = any(getattr(domain, name, False) for name in ("has_cache_baked_data", "has_cache_baked_any"))
                add("fluid cache", modifier.name, domain.cache_directory, home, [owner], series="folder",
                    optional=not baked)
            elif kind == "OCEAN" and modifier.is_cached:
                add("ocean cache", modifier.name, modifier.filepath, home, [owner], series="folder")
            elif kind == "NODES":
                add_bakes(modifier, owner, home)
            elif getattr(modifier, "point_cache", None):
                points(modifier.point_cache, owner)
            elif kind == "DYNAMIC_PAINT" and modifier.canvas_settings:
                for surface in modifier.canvas_settings.canvas_surfaces:
                    points(surface.point_cache, owner)
        for system in thing.particle_systems:
            points(system.point_cache, owner)
    for scene in listed("scenes"):
        if scene.rigidbody_world and scene.rigidbody_world.point_cache:
            points(scene.rigidbody_world.point_cache, label(scene))


def add_bakes(modifier, owner, home):
    for bake in getattr(modifier, "bakes", ()):
        if getattr(bake, "bake_target", "DISK") == "PACKED" or not getattr(bake, "use_custom_path", False):
            folder = getattr(modifier, "bake_directory", "")
        else:
            folder = bake.directory
        if folder:
            add("bake", modifier.name, folder, home, [owner], series="folder", optional=True)


def add_strips():
    for scene in listed("scenes"):
        editor = scene.sequence_editor
        if not editor:
            continue
        strips = getattr(editor, "strips_all", None) or getattr(editor, "sequences_all", ())
        for strip in strips:
            if strip.type == "MOVIE":
                add("movie", strip.name, strip.filepath, home_of(scene), [label(scene)])
            elif strip.type == "IMAGE":
                for element in strip.elements:
                    path = strip.directory.rstrip("/\\") + "/" + element.filename
                    add("image", strip.name, path, home_of(scene), [label(scene)])


def answer():
    """What the scene that is open needs; the add-on asks so too."""
    files.clear()
    problems.clear()
    used = users()
    for step in (lambda: add_blocks(used), add_nodes, add_caches, add_strips):
        try:
            step()
        except Exception as error:
            problems.append("Blender %s could not list all: %r" % (bpy.app.version_string, error))
    return {"blender": bpy.app.version_string, "files": list(files), "problems": list(problems)}


def main():
    out, scene = sys.argv[sys.argv.index("--") + 1:][:2]
    bpy.context.preferences.filepaths.use_scripts_auto_execute = False
    if not bpy.data.filepath or os.path.realpath(bpy.data.filepath) != os.path.realpath(scene):
        bpy.ops.wm.open_mainfile(filepath=scene, load_ui=False, use_scripts=False)
    with open(out, "w", encoding="utf-8", errors="replace") as file:
        json.dump(answer(), file)


if __name__ == "__main__":
    main()
