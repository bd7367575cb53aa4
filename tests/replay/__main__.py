"""``python -m tests.replay FILE… [--only REGEX] [--show]``: how many stories the simulator tells as the real thing."""

import argparse
import gzip
import json
import re
import sys
import time
import tomllib
import traceback
from collections import Counter
from pathlib import Path

from tests.replay.standard import standard_rows
from tests.replay.story import Story, StoryError

NOW = 1795000000.0
KNOWN = Path(__file__).with_name("known.toml")


def read(file):
    opener = gzip.open if str(file).endswith(".gz") else open
    with opener(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def known():
    return tomllib.loads(KNOWN.read_text())["stories"] if KNOWN.exists() else {}


def replay(file, only=""):
    """Run the stories of a file; return the problem of each, ``None`` where it went as recorded."""
    rows = standard_rows(file, NOW)
    found = {}
    for told in read(file):
        if only and not re.search(only, told["name"]):
            continue
        try:
            Story(told, rows, NOW).run()
            found[told["name"]] = None
        except StoryError as problem:
            found[told["name"]] = str(problem)
        except Exception:  # noqa: BLE001 - an internal error fails the story, not the run
            found[told["name"]] = traceback.format_exc(limit=-6)
    return found


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.replay", description=__doc__)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--only", default="", help="a regular expression on the names of stories")
    parser.add_argument("--show", action="store_true", help="say where each failed story differs")
    given = parser.parse_args()
    began = time.perf_counter()
    results = {}
    for file in given.files:
        results |= replay(file, given.only)
    failed = {name: problem for name, problem in results.items() if problem}
    if given.show:
        for name, problem in failed.items():
            print(f"{name}\n  {problem}\n")
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed ({time.perf_counter() - began:.1f} s)")
    reasons = known()
    for group, count in sorted(Counter(name.partition("/")[0] for name in failed).items()):
        print(f"  {group}: {count} failed")
    for name in failed:
        print(f"    {name}: {reasons.get(name, 'NOT in known.toml')}")
    return 1 if set(failed) - set(reasons) else 0


if __name__ == "__main__":
    sys.exit(main())
