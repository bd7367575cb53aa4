"""Start of the program: answers ``version`` before anything heavy is imported."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line with the process' arguments and exit with its status."""
    from pxhelm.cli import main as cli_main

    sys.exit(cli_main(sys.argv[1:]))


if __name__ == "__main__":
    main()
