"""``python -m tests.pains [ROW …]``: one line per pain of Proxmox' users, passed when every test of it passes."""

import contextlib
import io
import sys
from pathlib import Path

import pytest

from tests.pains.rows import ROWS

TESTS = Path(__file__).parents[1]


class Results:
    """Hears what became of every test."""

    def __init__(self):
        self.failed = set()
        self.ran = set()

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.removeprefix("tests/").partition("[")[0]
        if report.when == "call" and report.passed:
            self.ran.add(name)
        if report.failed or (report.skipped and report.when != "teardown"):
            self.failed.add(name)


def main(arguments):
    wanted = [row for row in ROWS if not arguments or str(row.number) in arguments]
    names = sorted({name for row in wanted for name in row.tests})
    results = Results()
    options = ["-q", "--no-header", "--tb=short", "-p", "no:xdist"]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = pytest.main([*options, *(str(TESTS / name) for name in names)], plugins=[results])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        print(said.getvalue(), f"the tests could not be run: {code!r}", sep="\n")
        return 1
    failed = 0
    for row in wanted:
        if row.not_here:
            print(f"row {row.number:2}: not applicable  {row.title} ({row.not_here})")
            continue
        bad = [name for name in row.tests if not passed(name, results)]
        failed += bool(bad)
        print(
            f"row {row.number:2}: {'failed' if bad else 'passed'}  {row.title}{''.join(f' [{name}]' for name in bad)}"
        )
    print(f"{len(wanted) - failed} passed, {failed} failed")
    return int(failed > 0)


def passed(name, results):
    """Whether a test, or every test of a file, ran and passed."""
    if "::" in name:
        return name in results.ran and name not in results.failed
    ran = any(each.startswith(f"{name}::") for each in results.ran)
    return ran and not any(each.startswith(f"{name}::") for each in results.failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
