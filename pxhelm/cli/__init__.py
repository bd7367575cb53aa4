"""The command line: parse, call one action, render.

Holds the lazy table of commands. Never decides anything about a cluster, a chart or a release.
"""

from __future__ import annotations


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    if arguments[:1] == ["version"]:
        print("0.1.0")  # noqa: T201
        return 0
    return 2
