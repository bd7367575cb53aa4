"""Start of the program: answers ``version`` before anything heavy is imported."""

from __future__ import annotations

import gc
import sys

GARBAGE = 200_000
"""Objects more than freed after which garbage is looked for: a command's modules, values and trees are none."""


def main() -> None:
    """Run the command line with the process' arguments and exit with its status."""
    gc.set_threshold(GARBAGE, 20, 20)
    gc.enable()
    from pxhelm.cli import main as cli_main

    sys.exit(cli_main(sys.argv[1:]))


if __name__ == "__main__":
    main()
