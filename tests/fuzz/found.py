"""Cases in which we once differed, with Helm's answers: ``python -m tests.fuzz.found < TEMPLATES`` adds some.

A line of the input is a template, or a case as ``python -m tests.fuzz`` prints one. What each would repeat (values,
chart, files) is left out of the file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.fuzz.cases import USUAL

FOUND = Path(__file__).parent / "found.jsonl"
ASKED = 8
"""How often Helm must answer the same."""


def found_cases():
    """Return the kept cases whole, in the form of the recorded ones."""
    with FOUND.open(encoding="utf-8") as lines:
        return [
            {"name": f"found/{number}", **whole(json.loads(line))}
            for number, line in enumerate(lines, 1)
            if line.strip()
        ]


def whole(case):
    """Return a case with what every rendering has."""
    return case if case.get("op") else {**USUAL, **case}


def add(lines):
    """Ask Helm about each new case and keep it; return what was not kept, with its reason."""
    from tests.fuzz.oracle import Helm

    helm, refused = Helm(), []
    known = {json.dumps({k: v for k, v in case.items() if k not in ("name", "v3")}) for case in found_cases()}
    with FOUND.open("a", encoding="utf-8") as kept:
        for line in lines:
            case = json.loads(line) if line.startswith('{"') else {"templates": {"a": line}}
            if json.dumps(whole(case)) in known:
                continue
            (answer, *others) = helm.answers([whole(case)] * ASKED)
            if "skip" in answer or any(other != answer for other in others):
                refused.append((line, "Helm has no one answer"))
                continue
            kept.write(json.dumps({**case, "v3": answer}) + "\n")
    return refused


if __name__ == "__main__":
    for template, reason in add([line.rstrip("\n") for line in sys.stdin if line.strip()]):
        print(f"not kept, {reason}: {template}")
