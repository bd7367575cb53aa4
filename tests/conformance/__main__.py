"""Compare us with what real Helm answered: ``python -m tests.conformance FILE…``.

Prints ``FILE: N passed, M failed`` for each file of recorded cases, then the names of the failures. What differs on
purpose stands in known.toml and is counted apart. Exits 1 when anything else failed.
"""

from __future__ import annotations

import argparse
import sys

from tests.conformance.runners import cases, known, play


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("files", nargs="+", metavar="FILE", help="JSON lines, .gz or plain")
    parser.add_argument("--only", default="", metavar="PREFIX", help="only cases whose name begins so")
    parser.add_argument("--show", action="store_true", help="print what differs")
    options = parser.parse_args(argv)
    excused = known()
    failed_any = False
    for path in options.files:
        passed, failures, expected = compare(path, options.only, excused)
        note = f" ({len(expected)} of them known)" if expected else ""
        print(f"{path}: {passed} passed, {len(failures) + len(expected)} failed{note}", flush=True)
        for name, difference in failures:
            print(f"  {name}")
            if options.show:
                print("    " + difference.replace("\n", "\n    "))
        for name in expected:
            print(f"  {name} (known: {excused[name]})")
        failed_any |= bool(failures)
    return 1 if failed_any else 0


def compare(path, prefix, excused):
    """Play the cases of a file; return how many passed, the failures, and the failures that are known."""
    passed, failures, expected = 0, [], []
    for case in cases(path):
        name = case["name"]
        if not name.startswith(prefix):
            continue
        difference = play(case)
        if not difference:
            passed += 1
        elif name in excused:
            expected.append(name)
        else:
            failures.append((name, difference))
    return passed, failures, expected


if __name__ == "__main__":
    sys.exit(main())
