"""Finds the files of a scene again on a render host.

FRAMEFARM_PATHS names a file of rules (Open Job Description's path mapping): where the folders and files of the
submitting machine stand here. Paths that lead to nothing are changed by them, in memory; the scene file is not.
"""

import json
import os


def rules():
    path = os.environ.get("FRAMEFARM_PATHS")
    if not path:
        return []
    with open(path, encoding="utf-8") as file:
        return json.load(file)["path_mapping_rules"]


def parts(path, windows):
    if windows:
        return [part.lower() for part in path.replace("\\", "/").split("/") if part]
    return [part for part in path.split("/") if part]


def mapped(path, known):
    """What `path` is called here by the first rule that fits, or None."""
    for rule in known:
        windows = rule["source_path_format"] == "WINDOWS"
        if windows == path.startswith("/") and not path.startswith("//"):
            continue
        source = parts(rule["source_path"], windows)
        names = parts(path, windows)
        if names[:len(source)] == source:
            rest = [part for part in (path.replace("\\", "/") if windows else path).split("/") if part]
            return os.path.join(rule["destination_path"], *rest[len(source):])
    return None


def found(path, known):
    """Where `path` is here, or None where no rule leads to something that is there."""
    elsewhere = os.path.join(os.path.dirname(os.environ.get("FRAMEFARM_PATHS", "")), "files", "elsewhere")
    for _ in range(3):
        # A file that came from elsewhere may name its neighbours from there.
        if path.startswith(elsewhere + "/"):
            path = path[len(elsewhere):]
        path = mapped(path, known)
        if path is None:
            return None
        path = os.path.normpath(path)
        probe = path
        for mark in ("<UDIM>", "<UVTILE>"):
            if mark in path:
                probe = os.path.dirname(path)
        if os.path.exists(probe):
            return path
    return None


def remap(bpy):
    """Changes every path of the loaded scene that leads to nothing and that the rules know. Says what it did."""
    known = rules()
    if not known:
        return []
    changed = []

    def change(block, home, name="filepath"):
        written = getattr(block, name, "")
        if not written or written.startswith("<") or getattr(block, "packed_file", None):
            return
        path = written
        if path.startswith("//"):
            path = os.path.join(os.path.dirname(home), path[2:].replace("\\", "/"))
        path = os.path.normpath(path) if path.startswith("/") else path
        if os.path.exists(path):
            return
        new = found(path, known) or (found(written, known) if written.startswith("//") else None)
        if new:
            try:
                setattr(block, name, new)
            except (AttributeError, RuntimeError, TypeError):
                return
            changed.append((written, new))

    def home(block):
        library = getattr(block, "library", None)
        return bpy.path.abspath(library.filepath) if library else bpy.data.filepath

    for library in list(bpy.data.libraries):
        before = len(changed)
        parent = bpy.path.abspath(library.parent.filepath) if library.parent else bpy.data.filepath
        change(library, parent)
        if len(changed) > before:
            try:
                library.reload()
            except RuntimeError as error:
                print("framefarm: the library %s cannot be loaded again: %s" % (library.filepath, error))
    for kind in ("images", "movieclips", "fonts", "sounds", "cache_files", "volumes"):
        for block in list(getattr(bpy.data, kind, ())):
            change(block, home(block))
    for thing in bpy.data.objects:
        for modifier in thing.modifiers:
            if modifier.type in {"MESH_CACHE", "OCEAN"}:
                change(modifier, home(thing))
            elif modifier.type == "FLUID" and modifier.fluid_type == "DOMAIN":
                change(modifier.domain_settings, home(thing), "cache_directory")
    trees = [it.node_tree for kind in ("materials", "worlds", "lights") for it in getattr(bpy.data, kind)]
    for tree in [tree for tree in trees if tree] + list(bpy.data.node_groups):
        for node in tree.nodes:
            if node.bl_idname in {"ShaderNodeScript", "ShaderNodeTexIES"} and node.mode == "EXTERNAL":
                change(node, home(tree))
    for scene in bpy.data.scenes:
        editor = scene.sequence_editor
        for strip in (getattr(editor, "strips_all", None) or getattr(editor, "sequences_all", ())) if editor else ():
            if strip.type == "MOVIE":
                change(strip, home(scene))
            elif strip.type == "IMAGE" and strip.elements:
                first = os.path.join(strip.directory, strip.elements[0].filename)
                new = None if os.path.exists(bpy.path.abspath(first)) else found(bpy.path.abspath(first), known)
                if new:
                    changed.append((strip.directory, os.path.dirname(new)))
                    strip.directory = os.path.dirname(new) + "/"
    for old, new in changed:
        print("framefarm: %s is %s here" % (old, new))
    return changed
