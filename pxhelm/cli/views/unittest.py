"""How the results of a chart's tests read, in helm-unittest's form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pxhelm.actions.unittest import Unittested
from pxhelm.charttest.model import SuiteResult, TestResult


def results_text(charts: Sequence[Unittested], seconds: float) -> str:
    """Return every suite with what failed in it, then the counts."""
    lines: list[str] = []
    for chart in charts:
        lines += ["", f"### Chart [ {chart.chart} ] {chart.path}", ""]
        if chart.error and not any(suite.error for suite in chart.suites):
            lines += [f" ERROR  {chart.error}"]
        for suite in chart.suites:
            lines += _suite(suite)
    suites = [suite for chart in charts for suite in chart.suites]
    tests = [test for suite in suites for test in suite.tests]
    lines += ["", *_snapshots(charts)]
    lines += [
        f"Charts:      {_count(charts)}",
        f"Test Suites: {_count(suites)}",
        f"Tests:       {_count(tests)}",
        f"Snapshot:    {_snapshot_count(charts)}",
        f"Time:        {seconds * 1000:.1f}ms",
        "",
    ]
    return "\n".join(lines)


def results_document(charts: Sequence[Unittested]) -> list[dict[str, object]]:
    """Return every chart with its suites, their tests and what failed in them, as data."""
    return [
        {
            "chart": chart.chart,
            "path": chart.path,
            "passed": chart.passed,
            "error": chart.error,
            "suites": [_suite_document(suite) for suite in chart.suites],
            "snapshots": {
                "total": chart.snapshots,
                "written": chart.created,
                "changed": chart.changed,
                "removed": chart.vanished,
            },
        }
        for chart in charts
    ]


def _suite_document(suite: SuiteResult) -> dict[str, object]:
    return {
        "name": suite.name,
        "file": suite.file,
        "passed": suite.passed,
        "error": suite.error,
        "tests": [
            {
                "name": test.name,
                "passed": test.passed,
                "skipped": test.skipped,
                "error": test.error,
                "failures": [
                    {"assert": one.index, "kind": one.kind, "not": one.negated, "lines": list(one.lines)}
                    for one in test.failures
                ],
            }
            for test in suite.tests
        ],
    }


def _suite(suite: SuiteResult) -> Iterator[str]:
    head = " SKIP " if suite.skipped else " PASS " if suite.passed else " FAIL "
    yield f"{head} {suite.name}\t{suite.file}"
    if suite.error:
        yield from ("\t- Execution Error: ", "\t\t" + suite.error.replace("\n", "\n\t\t"), "")
    for test in suite.tests:
        if test.skipped:
            yield f"\t- SKIPPED '{test.name}'"
        elif not test.passed:
            yield from _test(test)


def _test(test: TestResult) -> Iterator[str]:
    yield f"\t- {test.name}"
    yield ""
    if test.error:
        yield "\t\tError: " + test.error.replace("\n", "\n\t\t\t")
    for failure in test.failures:
        negated = "NOT " if failure.negated else ""
        yield f"\t\t- asserts[{failure.index}] {negated}`{failure.kind}` fail"
        for line in failure.lines:
            yield "\t\t\t" + line.replace("\n", "\n\t\t\t")
        yield ""


def _snapshots(charts: Sequence[Unittested]) -> Iterator[str]:
    created, vanished = sum(chart.created for chart in charts), sum(chart.vanished for chart in charts)
    if created or vanished:
        yield "Snapshot Summary:"
        if created:
            yield f" › {created} snapshot{'s' if created > 1 else ''} written."
        if vanished:
            yield f" › {vanished} snapshot{'s' if vanished > 1 else ''} removed: nothing asks for them any more."
        yield ""


def _count(results: Sequence[Unittested] | Sequence[SuiteResult] | Sequence[TestResult]) -> str:
    """Count what failed, of this what could not be run at all, what passed and what was skipped."""
    skipped = sum(1 for one in results if not isinstance(one, Unittested) and one.skipped)
    failed = [one for one in results if not one.passed]
    numbers = {
        "failed": len(failed),
        "errored": sum(1 for one in failed if one.error),
        "passed": len(results) - len(failed) - skipped,
        "skipped": skipped,
    }
    shown = [f"{number} {name}" for name, number in numbers.items() if number or name == "passed"]
    return ", ".join([*shown, f"{len(results)} total"])


def _snapshot_count(charts: Sequence[Unittested]) -> str:
    total, changed = sum(chart.snapshots for chart in charts), sum(chart.changed for chart in charts)
    return (f"{changed} failed, " if changed else "") + f"{total - changed} passed, {total} total"
