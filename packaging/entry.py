"""What the frozen binary runs: the command line, after a look at the arguments."""

import os
import sys

if sys.argv[1:] != ["version"]:
    import precompiled

    precompiled.install()

from pxhelm.__main__ import main


def end(status: int) -> None:
    """End as Python does, but for taking apart what the process leaves to the system anyway: a tenth of a start."""
    import atexit

    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()  # noqa: SLF001 - what Python does at its end
    atexit._run_exitfuncs()  # noqa: SLF001 - what Python does at its end
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            status = status or 120  # Python's own for output that was lost
    os._exit(status)


try:
    main()
except SystemExit as exit_:
    if not isinstance(exit_.code, int | None):
        raise
    end(exit_.code or 0)
