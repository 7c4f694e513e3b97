"""Renders frames of one ROP node in Houdini, under hython.

    hython render.py SCENE ROP FRAMES OUTPUT [-- name=value...]

It prints a line for each thing the farm wants to know, since what Houdini prints depends on the renderer.
"""

import os
import sys

import hou


def say(text):
    print("framefarm: " + text, flush=True)


def fail(text):
    print("scene check: " + text, flush=True)
    os._exit(3)


def find_rop(name):
    if name:
        return hou.node(name) or fail(f"the scene has no node {name}")
    out = hou.node("/out")
    found = [node for node in (out.children() if out else ()) if node.parm("trange") and not node.isBypassed()]
    if len(found) == 1:
        return found[0]
    names = ", ".join(node.path() for node in found) or "none"
    return fail(f"the scene has to say which node renders, setting rop; it has {names}")


def picture_parameter(rop):
    for name in ("picture", "vm_picture", "outputimage", "ar_picture", "RS_outputFileNamePrefix", "SettingsOutput_img_file_path",
                 "sopoutput", "lopoutput", "ri_display_0_name", "copoutput"):
        parameter = rop.parm(name)
        if parameter is not None:
            return parameter
    return None


def report_missing():
    seen = set()
    for parameter, path in hou.fileReferences():
        path = hou.text.expandString(path)
        reads = parameter is not None and parameter.parmTemplate().type() == hou.parmTemplateType.String
        if reads and path.startswith("/") and "`" not in path and not os.path.exists(path) and path not in seen:
            # What a node writes need not be there yet.
            if parameter.node().type().category() != hou.ropNodeTypeCategory():
                seen.add(path)
                say(f"missing {path}")


def main():
    scene, rop, frames, output = sys.argv[1:5]
    words = dict(word.split("=", 1) for word in sys.argv[5:] if "=" in word)
    print(f"Houdini {hou.applicationVersionString()}", flush=True)
    try:
        hou.hipFile.load(scene, suppress_save_prompt=True, ignore_load_warnings=True)
    except hou.OperationFailed as error:
        fail(f"the scene cannot be opened: {error.instanceMessage()}")
    report_missing()
    node = find_rop("" if rop == "-" else rop)
    picture = picture_parameter(node)
    if picture is not None:
        picture.set(f"{output}.$F4.{words.get('format', 'exr')}")
    if "take" in words:
        hou.hscript(f"takeset {words['take']}")
    for name in ("vm_alfprogress", "alfprogress", "RS_renderAOVsToMPlay"):
        if name.endswith("alfprogress") and node.parm(name) is not None:
            node.parm(name).set(1)
    size = (int(words["width"]), int(words["height"])) if "width" in words else ()
    for frame in (int(word) for word in frames.split(",")):
        say(f"begin {frame}")
        try:
            node.render(frame_range=(frame, frame, 1), res=size, ignore_inputs=words.get("inputs") == "false",
                        verbose=True, output_progress=True)
        except hou.OperationFailed as error:
            print(f"Error: {error.instanceMessage()} {' '.join(node.errors())}", flush=True)
            sys.exit(1)
        say(f"done {frame}")


main()
