"""Compare us with real Helm on generated inputs: ``python -m tests.fuzz --seconds 1800``.

Every difference is cut down and printed with its seed; ``--seed N --count 1`` plays that one again. Exits 1 when a
difference is not one of those in ``explained.py``. Needs Go, for Helm.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections import Counter

from tests.fuzz.cases import USUAL, generate
from tests.fuzz.explained import elsewhere, explanation
from tests.fuzz.oracle import Helm
from tests.fuzz.ours import compare
from tests.fuzz.shrinking import shrink

BATCH = 400
AGAIN = 40
"""How often Helm is asked again before a difference counts: one of the answers that it gives by chance is none."""
AFRESH = 8
"""How many new processes are asked what stays unexplained."""


class Comparison:
    """One run: what was compared, what differed and why."""

    def __init__(self, options):
        self.options = options
        self.helm = Helm()
        self.counts = Counter()
        self.reported = Counter()
        self.kept = []

    def run(self):
        until = time.monotonic() + self.options.seconds
        seed, end = self.options.seed, self.options.seed + (self.options.count or sys.maxsize)
        while seed < end and time.monotonic() < until:
            self.batch(range(seed, min(seed + BATCH, end)))
            seed += BATCH
        return 1 if self.counts["unexplained"] else 0

    def batch(self, seeds):
        made = [generate(seed) for seed in seeds]
        for case, answer in zip(made, self.helm.answers([c.data() for c in made]), strict=True):
            if "skip" in answer:
                self.counts["skipped"] += 1
                continue
            self.counts["failing" if "error" in answer else "succeeding"] += 1
            found = compare(case.data(), answer)
            if found:
                self.differs(case, answer)
            elif self.options.keep and lasting(case.data(), answer):
                self.kept.append({**case.data(), "v3": answer})

    def differs(self, case, answer):
        data = case.data()
        answers = [answer, *self.helm.answers([data] * AGAIN)]
        if any(not compare(data, other) for other in answers):
            self.counts["one of Helm's answers"] += 1
            return
        reason = explanation(data, answers) or elsewhere(data, answers, self.helm.afresh(data, AFRESH))
        if reason:
            self.counts[f"explained: {reason}"] += 1
            return
        self.counts["unexplained"] += 1
        if self.counts["unexplained"] <= self.options.shown:
            self.report(case)

    def report(self, case):
        smallest = shrink(case, self.still) if case.trees else case
        data = smallest.data()
        (answer,) = self.helm.answers([data])
        shown = {
            k: v
            for k, v in data.items()
            if k not in ("name", "values", "chart", "kubeVersion") and not (k == "files" and v == USUAL["files"])
        }
        print(
            f"seed {case.seed}: {json.dumps(shown, ensure_ascii=False)}\n  {compare(data, answer)[:1500]}\n", flush=True
        )

    def still(self, case):
        (answer,) = self.helm.answers([case.data()])
        if "skip" in answer or not lasting(case.data(), answer):
            return False
        return bool(compare(case.data(), answer)) and not explanation(case.data(), [answer])


def lasting(data, answer):
    """Whether Helm would answer the same on another day."""
    return "now" not in str(data.get("templates")) and time.strftime("%Y-%m-%d") not in str(answer)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**9 * 1000)
    parser.add_argument("--count", type=int, default=0, help="how many cases at most; 0: as many as the time allows")
    parser.add_argument("--shown", type=int, default=20, help="how many differences are cut down and printed")
    parser.add_argument(
        "--keep", metavar="FILE", help="write the cases that agree, with Helm's answers, for the replay"
    )
    options = parser.parse_args(argv)
    print(f"fuzz: seeds from {options.seed}", flush=True)
    comparison = Comparison(options)
    status = comparison.run()
    for name, count in sorted(comparison.counts.items()):
        print(f"{count:9} {name}")
    if options.keep:
        with gzip.open(options.keep, "wt", encoding="utf-8") as kept:
            kept.writelines(json.dumps(case, ensure_ascii=False) + "\n" for case in comparison.kept)
    return status


if __name__ == "__main__":
    sys.exit(main())
