"""Runs inside Blender between opening the scene and rendering it.

It sets what the job asks for (words `name=value` behind `--`), and says in one line each what the scene
refers to that is not there: Blender itself renders on with a magenta surface, a default font or an empty
library, says nothing and ends with code 0.
"""

import os
import re
import sys
import time

import bpy

# Between two lines of progress.
PAUSE = 0.2
# So many missing files are named.
MISSING_MAX = 100


def say(text):
    print("scene check: " + text, flush=True)


def words():
    """The `name=value` words behind `--`."""
    behind = sys.argv[sys.argv.index("--") + 1:] if "--" in sys.argv else []
    return dict(word.split("=", 1) for word in behind if "=" in word)


def refuse(text):
    """Ends Blender: rendering on would make another picture than was asked for."""
    say("refused: " + text)
    os._exit(3)


def lacks(text):
    """Ends Blender: another host may have what this one lacks."""
    say("this host: " + text)
    os._exit(4)


def flag(value):
    return str(value).lower() in ("true", "1", "on", "yes")


def pick(kind, name, known):
    if name not in known:
        refuse(f'the scene has no {kind} "{name}"; it has {", ".join(sorted(known)) or "none"}')
    return known[name]


def use_gpus(kind):
    """Turns every device of `kind` on; Blender would fall back to the CPU without a word."""
    preferences = bpy.context.preferences.addons["cycles"].preferences
    try:
        preferences.compute_device_type = kind
        if hasattr(preferences, "refresh_devices"):
            preferences.refresh_devices()
        else:
            preferences.get_devices()
    except TypeError:
        lacks(f"Blender on this host cannot render with {kind}")
    devices = [device for device in preferences.devices if device.type == kind]
    if not devices:
        lacks(f"Blender found no {kind} device on this host")
    for device in preferences.devices:
        device.use = device.type == kind
    say(f"renders on {', '.join(device.name for device in devices)}")


def choose_scene(name):
    scene = pick("scene", name, {scene.name: scene for scene in bpy.data.scenes})
    if bpy.context.window is not None:
        bpy.context.window.scene = scene
    return scene


def set_engine(scene, engine):
    try:
        scene.render.engine = engine
    except TypeError:
        lacks(f"Blender on this host has no render engine {engine}; an add-on is missing")


def set_view_layer(scene, name):
    layer = pick("view layer", name, {layer.name: layer for layer in scene.view_layers})
    for other in scene.view_layers:
        other.use = other == layer


def set_multilayer(image):
    if hasattr(image, "media_type"):
        image.media_type = "MULTI_LAYER_IMAGE"
    image.file_format = "OPEN_EXR_MULTILAYER"


def set_crop(scene, text):
    """Pixels from the upper left, right and bottom exclusive; Blender counts shares from the lower left."""
    left, right, top, bottom = (int(word) for word in text.split(","))
    render = scene.render
    width = render.resolution_x * render.resolution_percentage // 100
    height = render.resolution_y * render.resolution_percentage // 100
    render.use_border = render.use_crop_to_border = True
    render.border_min_x, render.border_max_x = left / width, right / width
    render.border_min_y, render.border_max_y = 1 - bottom / height, 1 - top / height


def set_samples_part(scene, text):
    """Samples first to first + count of total, for one part of a picture that is averaged later."""
    first, count, total = (int(word) for word in text.split(","))
    cycles = scene.cycles
    cycles.use_adaptive_sampling = False
    cycles.use_denoising = False
    cycles.sample_offset = first
    if hasattr(cycles, "use_sample_subset"):
        cycles.samples = total
        cycles.use_sample_subset = True
        cycles.sample_subset_length = count
    else:
        cycles.samples = count


def apply_settings(settings):
    """Sets what the job asks for in the scene that is open; returns the scene that is rendered."""
    scene = bpy.context.scene
    if "scene" in settings:
        scene = choose_scene(settings["scene"])
    render = scene.render
    if "engine" in settings:
        set_engine(scene, settings["engine"])
    if "device" in settings and render.engine == "CYCLES":
        if settings["device"] == "CPU":
            scene.cycles.device = "CPU"
        else:
            use_gpus(settings["device"])
            scene.cycles.device = "GPU"
    if "width" in settings and "height" in settings:
        render.resolution_x, render.resolution_y = int(settings["width"]), int(settings["height"])
        render.resolution_percentage = 100
    if "percentage" in settings:
        render.resolution_percentage = int(settings["percentage"])
    if "camera" in settings:
        scene.camera = pick("camera", settings["camera"], {
            thing.name: thing for thing in scene.objects if thing.type == "CAMERA"})
    if "view_layer" in settings:
        set_view_layer(scene, settings["view_layer"])
    if "samples" in settings:
        if render.engine == "CYCLES":
            scene.cycles.samples = int(settings["samples"])
        elif hasattr(scene, "eevee"):
            scene.eevee.taa_render_samples = int(settings["samples"])
    if "denoise" in settings and render.engine == "CYCLES":
        scene.cycles.use_denoising = flag(settings["denoise"])
    if "bounces" in settings and render.engine == "CYCLES":
        scene.cycles.max_bounces = int(settings["bounces"])
    if "seed" in settings and render.engine == "CYCLES":
        scene.cycles.seed = int(settings["seed"])
    if "transparent" in settings:
        render.film_transparent = flag(settings["transparent"])
    if "motion_blur" in settings:
        render.use_motion_blur = flag(settings["motion_blur"])
    if "compositor" in settings:
        render.use_compositing = flag(settings["compositor"])
    if flag(settings.get("multilayer", "false")):
        set_multilayer(render.image_settings)
    if "depth" in settings:
        render.image_settings.color_depth = settings["depth"]
    if "crop" in settings:
        set_crop(scene, settings["crop"])
    if "sample_part" in settings:
        set_samples_part(scene, settings["sample_part"])
    return scene


def absolute(path, library=None):
    return os.path.normpath(bpy.path.abspath(path, library=library))


def shown(path):
    """As seen from the scene, where it lies with it."""
    folder = os.path.dirname(bpy.data.filepath)
    relative = os.path.relpath(path, folder) if os.path.isabs(path) else path
    return path if relative.startswith("..") else relative


def number_at(user, frame):
    """The number of the picture that Blender shows in a frame of the scene."""
    at = frame - user.frame_start + 1
    if user.use_cyclic:
        at = at % user.frame_duration or user.frame_duration
    return min(max(at, 1), user.frame_duration) + user.frame_offset


def sequence_files(image, first, frames):
    """The files that the frames of the scene need, as far as the number in the first one's name tells."""
    folder, name = os.path.split(first)
    start = re.search(r"(\d+)(?=\D*$)", name)
    if start is None:
        return [first]
    users = [node.image_user for material in bpy.data.materials if material.use_nodes and material.node_tree
             for node in material.node_tree.nodes if getattr(node, "image", None) == image and hasattr(node, "image_user")]
    files = set()
    for user in users:
        for count in {number_at(user, frame) for frame in frames}:
            files.add(os.path.join(folder, name[:start.start()] + str(count).zfill(len(start.group())) + name[start.end():]))
    return sorted(files) or [first]


def image_files(image, frames):
    """The files of an image; of one in tiles each of them."""
    path = absolute(image.filepath_raw or image.filepath, image.library)
    if image.source == "TILED":
        for tile in image.tiles:
            number = tile.number
            u, v = (number - 1001) % 10 + 1, (number - 1001) // 10 + 1
            yield path.replace("<UDIM>", str(number)).replace("<UVTILE>", f"u{u}_v{v}")
    elif image.source == "SEQUENCE":
        yield from sequence_files(image, path, frames)
    else:
        yield path


def references(frames):
    """Kind and path of every file that these frames of the scene refer to and that it does not hold itself."""
    for library in bpy.data.libraries:
        yield "library", absolute(library.filepath, library.parent)
    for image in bpy.data.images:
        if image.source in ("FILE", "SEQUENCE", "MOVIE", "TILED") and image.packed_file is None:
            if image.users and (image.filepath_raw or image.filepath):
                for path in image_files(image, frames):
                    yield "image", path
    for kind, things in (
        ("font", bpy.data.fonts),
        ("sound", bpy.data.sounds),
        ("movie clip", bpy.data.movieclips),
        ("cache", bpy.data.cache_files),
        ("volume", getattr(bpy.data, "volumes", ())),
    ):
        for thing in things:
            held = getattr(thing, "packed_file", None) is not None
            if thing.users and thing.filepath and thing.filepath != "<builtin>" and not held:
                yield kind, absolute(thing.filepath, thing.library)


def asked_frames():
    """The frames that Blender was started for."""
    if "-f" not in sys.argv[:-1]:
        return [bpy.context.scene.frame_current]
    return [int(number) for number in sys.argv[sys.argv.index("-f") + 1].split(",")]


def report_missing(frames):
    """Prints a line for each thing that these frames refer to and that is not there; returns how many."""
    missing = sorted({(kind, path) for kind, path in references(frames) if not os.path.exists(path)})
    for kind, path in missing[:MISSING_MAX]:
        say(f'missing {kind} "{shown(path)}"')
    return len(missing)


def report_version():
    made, here = tuple(bpy.data.version), tuple(bpy.app.version)
    if made[:2] > here[:2]:
        say(f"saved by a newer Blender {made[0]}.{made[1]}, this is {here[0]}.{here[1]}")


def watch_progress():
    """Blender 5 says nothing while it renders; its statistics do. It tells a handler that stays."""
    if bpy.app.version < (5, 0):
        return
    last = [0.0]

    @bpy.app.handlers.persistent
    def tell(statistics, *_):
        text = str(statistics)
        if "Sample" in text and time.monotonic() - last[0] >= PAUSE:
            last[0] = time.monotonic()
            say(text.strip())

    bpy.app.handlers.render_stats.append(tell)


def find_elsewhere():
    """Looks for what is not there where the farm put it, by the path map that travels with the job."""
    try:
        import remap
    except ImportError:
        return
    remap.remap(bpy)


def check(settings):
    """All of it for the scene that is open; returns the scene that is rendered."""
    report_version()
    find_elsewhere()
    return apply_settings(settings)


def main():
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    watch_progress()
    check(words())
    report_missing(asked_frames())


if __name__ == "__main__":
    main()
