"""``python -m tests.idempotence [--kind K] [--field GLOB] [--mode M] [--every N] [--version V] [--jobs N]``: ``N passed, M failed``."""

import argparse
import os
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from pxhelm.kinds import KINDS
from pxhelm.proxmox.schema import versions
from tests.idempotence.bench import Batch, Bench
from tests.idempotence.cases import about, cases_of
from tests.idempotence.older import lacks, refused
from tests.idempotence.readback import spot_of


def batches(cases):
    """Return the cases in groups that share a cluster."""
    groups = {}
    for case in cases:
        groups.setdefault((case.kind, case.mode), []).append(case)
    found = []
    for (kind, _), members in groups.items():
        size = about(kind).batch
        found += [members[i : i + size] for i in range(0, len(members), size)]
    return found


def run(cases, version="9.2"):
    """Run one group on a cluster of its own; return how many there were and what failed."""
    try:
        bench = Bench(cases[0].kind, version)
        try:
            return len(cases), Batch(bench, cases).run()
        finally:
            bench.close()
    except Exception:  # noqa: BLE001 - a harness that stumbles must say over which case
        trouble = traceback.format_exc(limit=-4)
    if len(cases) == 1:
        return 1, {cases[0].name: trouble}
    half = len(cases) // 2
    (n, first), (m, second) = run(cases[:half], version), run(cases[half:], version)
    return n + m, {**first, **second}


def told_missing(missing, version):
    """Say of each kind what a version lacks; return how many cases were planned there and those not refused by name."""
    tried, failed = 0, {}
    for kind in dict.fromkeys(c.kind for c in missing):
        count = sum(c.kind == kind for c in missing)
        if about(kind).older:
            sys.stdout.write(f"{kind}: {count} not run on {version}: {about(kind).older}\n")
            continue
        these = [c for c in missing if c.kind == kind and c.mode == "create"]
        what = ", ".join(sorted({lacks(c, version).partition("=")[0] for c in missing if c.kind == kind}))
        wrong = refused(these, version)
        told = f"{count} not in {version}, {len(these) - len(wrong)} of {len(these)} refused by name"
        sys.stdout.write(
            f"{kind}: {told}: {what}\n" + "".join(f"FAILED {name}: {why}\n" for name, why in wrong.items())
        )
        tried, failed = tried + len(these), failed | wrong
    return tried, failed


def main(argv=None):
    """Run the cases and print the sum; the status is 1 when one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.idempotence")
    parser.add_argument("--kind", action="append", default=[], help="only this kind; may be repeated")
    parser.add_argument("--field", default="", help="only fields like this, such as disks.*")
    parser.add_argument("--mode", action="append", default=[], choices=("create", "clone", "import"))
    parser.add_argument("--every", type=int, default=1, help="only each Nth case")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--version", default="9.2", choices=versions(), help="the simulated Proxmox VE")
    parser.add_argument("--list", action="store_true", help="only say what the cases are")
    args = parser.parse_args(argv)
    wanted = args.kind or list(KINDS)
    cases = [c for k in wanted for c in cases_of(k, modes=tuple(args.mode), fields=args.field)]
    missing = [c for c in cases if lacks(c, args.version)]
    cases = [c for c in cases if not lacks(c, args.version)][:: args.every]
    if args.list:
        for case in cases:
            sys.stdout.write(f"{case.name}\n")
        return 0
    started = time.monotonic()
    failed, count, by_kind = {}, 0, Counter(c.kind for c in cases)
    groups = batches(cases)
    with ProcessPoolExecutor(max(1, min(args.jobs, len(groups)))) as pool:
        for number, wrong in pool.map(partial(run, version=args.version), groups):
            count += number
            failed |= wrong
            for name, why in wrong.items():
                sys.stdout.write(f"FAILED {name}: {why}\n")
                sys.stdout.flush()
    for kind, number in by_kind.items():
        bad = sum(name.startswith(f"{kind} ") for name in failed)
        sys.stdout.write(f"{kind}: {number - bad} passed, {bad} failed\n")
    for kind in wanted:
        if about(kind).skip:
            sys.stdout.write(f"{kind}: not run: {about(kind).skip}\n")
    tried, wrong = told_missing(missing[:: args.every], args.version)
    count, failed = count + tried, failed | wrong
    told = sum(spot_of(KINDS[c.kind], c) is not None for c in cases)
    sys.stdout.write(f"{told} of {len(cases)} values were read back from the API itself\n")
    sys.stdout.write(f"{time.monotonic() - started:.0f} s\n{count - len(failed)} passed, {len(failed)} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
