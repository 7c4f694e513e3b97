"""The console program of the LuxCore wheel, which cannot start a session by itself.

It hands the session two values `None` that the library takes no longer. It also renders for ever where
nothing says when it is done; that is told before it begins.
"""

import os
import sys

import pyluxcore

HALTS = ("batch.haltspp", "batch.halttime", "batch.haltthreshold")
make_session = pyluxcore.RenderSession


def session(config, *more):
    said = config.GetProperties()
    if not any(said.IsDefined(halt) and said.Get(halt).GetFloat() > 0 for halt in HALTS):
        print("scene check: nothing says when the picture is done; set samples or time", flush=True)
        os._exit(3)
    return make_session(config, *(thing for thing in more if thing is not None))


def main():
    from pyluxcoretools.console.cmd import main as console

    pyluxcore.RenderSession = session
    try:
        console()
    except (RuntimeError, TypeError) as error:
        sys.exit(f"RUNTIME ERROR: {error}")


main()
