"""Cut a case down as long as it still tells a difference."""

from __future__ import annotations

import time

from tests.fuzz.tree import smaller

TRIES = 600
SECONDS = 20


def shrink(case, differs):
    """Return the simplest case found for which ``differs`` still holds."""
    left = TRIES
    until = time.monotonic() + SECONDS
    progress = True
    while progress and left > 0 and time.monotonic() < until:
        progress = False
        for simpler in _simpler(case):
            left -= 1
            if left <= 0 or time.monotonic() > until:
                break
            if differs(simpler):
                case = simpler
                progress = True
                break
    return case


def _simpler(case):
    for at in case.trees:
        if len(case.trees) > 1 and at != ("templates", "a"):
            yield case.without(at)
    for at, tree in case.trees.items():
        for less in smaller(tree):
            yield case.simplified(at, less)
