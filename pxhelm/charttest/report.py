"""Results as JUnit or XUnit XML, for those who show them elsewhere. Only texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from pxhelm.charttest.model import SuiteResult, TestResult


def failure_text(test: TestResult) -> str:
    """Return everything that is wrong with a test."""
    parts = [test.error] if test.error else []
    for failure in test.failures:
        negated = "NOT " if failure.negated else ""
        parts.append("\n".join((f"asserts[{failure.index}] {negated}`{failure.kind}` fail", *failure.lines)))
    return "\n\n".join(parts)


def junit(suites: Sequence[SuiteResult]) -> str:
    """Return JUnit XML."""
    root = ET.Element("testsuites")
    for suite in suites:
        counts = _counts(suite)
        node = ET.SubElement(
            root,
            "testsuite",
            tests=str(len(suite.tests)),
            failures=str(counts["failed"]),
            errors=str(int(bool(suite.error))),
            skipped=str(counts["skipped"]),
            time=f"{suite.seconds:.3f}",
            name=suite.name,
        )
        for test in suite.tests:
            case = ET.SubElement(node, "testcase", classname=suite.name, name=test.name, time=f"{test.seconds:.3f}")
            if test.skipped:
                ET.SubElement(case, "skipped", message=test.skipped)
            elif not test.passed:
                ET.SubElement(case, "failure", message="Failed", type="").text = failure_text(test)
    return _written(root)


def xunit(suites: Sequence[SuiteResult]) -> str:
    """Return XUnit v2 XML."""
    root = ET.Element("assemblies")
    for suite in suites:
        counts = _counts(suite)
        numbers = {"total": len(suite.tests), "errors": int(bool(suite.error)), **counts}
        texts = {name: str(number) for name, number in numbers.items()}
        node = ET.SubElement(root, "assembly", texts, name=suite.file, time=f"{suite.seconds:.3f}")
        collection = ET.SubElement(node, "collection", texts, name=suite.name, time=f"{suite.seconds:.3f}")
        for test in suite.tests:
            result = "Skip" if test.skipped else "Pass" if test.passed else "Fail"
            case = ET.SubElement(
                collection, "test", name=test.name, type=suite.name, time=f"{test.seconds:.3f}", result=result
            )
            if test.skipped:
                ET.SubElement(case, "reason").text = test.skipped
            elif not test.passed:
                failure = ET.SubElement(case, "failure", {"exception-type": "helm-unittest-failure"})
                ET.SubElement(failure, "message").text = failure_text(test)
    return _written(root)


FORMATS: Final[Mapping[str, Callable[[Sequence[SuiteResult]], str]]] = {"junit": junit, "xunit": xunit}
"""By name, in lower case."""


def _counts(suite: SuiteResult) -> dict[str, int]:
    skipped = sum(bool(test.skipped) for test in suite.tests)
    failed = sum(not test.passed for test in suite.tests)
    return {"passed": len(suite.tests) - skipped - failed, "failed": failed, "skipped": skipped}


def _written(root: ET.Element) -> str:
    ET.indent(root, "\t")
    text = ET.tostring(root, encoding="unicode")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + _NO_XML.sub("\ufffd", text) + "\n"


_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold, not even escaped: Go's encoder puts U+FFFD in its place, too."""
