"""Stays with Mitsuba loaded and renders the frames that it is asked for.

    python resident.py SCENE VARIANT THREADS FRAME_PARAMETER [-Dname=value...]

The frame parameter is empty where nothing moves.
"""

import json
import sys

import drjit
import mitsuba


def say(text):
    print("framefarm: " + text, flush=True)


def parameters(request, name, words):
    """The scene's own parameters, as `-D` sets them."""
    settings = request.get("settings", {})
    given = dict(word[2:].split("=", 1) for word in words)
    if name:
        given[name] = request["frame"]
    for parameter, value in (
        ("width", request.get("width")), ("height", request.get("height")), ("spp", settings.get("samples"))
    ):
        if value is not None:
            given[parameter] = value
    return {parameter: str(value) for parameter, value in given.items()}


def render(file, name, words, request):
    scene = mitsuba.load_file(file, parallel=True, **parameters(request, name, words))
    number = int(request.get("settings", {}).get("sensor", 0))
    sensor = scene.sensors()[number]
    scene.integrator().render(scene, sensor, seed=0, spp=0, develop=False)
    sensor.film().write(request["output"])


def main():
    file, variant, threads, name = sys.argv[1:5]
    words = sys.argv[5:]
    strange = [word for word in words if not (word.startswith("-D") and "=" in word)]
    if strange:
        sys.exit(f"Mitsuba that stays takes -Dname=value and no {strange[0]}; cold = true starts it for each frame")
    mitsuba.set_variant(variant)
    # The thread that asks is one of them.
    drjit.set_thread_count(max(int(threads) - 1, 2))
    mitsuba.set_log_level(mitsuba.LogLevel.Info)
    say("ready")
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        frame = request["frame"]
        say(f"begin {frame}")
        try:
            render(file, name, words, request)
        except Exception as error:
            # In its own words too, which the package's markers know.
            print(error, flush=True)
            say(f"failed {frame} {' '.join(str(error).split())[:300]}")
            continue
        say(f"done {frame}")


main()
