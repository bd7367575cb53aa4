"""What a suite asks for and what came out. Only data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pxhelm.errors import PxhelmError

Document = Mapping[str, Any]
RAW: Final = "raw"
"""Where the text of a file that is not YAML (NOTES.txt), or the error of a template, stands in its one document."""


class SuiteError(PxhelmError):
    """A suite that cannot be run."""


@dataclass(frozen=True, slots=True)
class Selector:
    """``documentSelector``."""

    path: str
    value: object = None
    match_many: bool = False
    skip_empty: bool = False


@dataclass(frozen=True, slots=True)
class Assertion:
    """One entry of ``asserts``."""

    kind: str
    parameters: Mapping[str, Any]
    negated: bool = False
    """``not: true``."""
    template: str = ""
    index: int | None = None
    selector: Selector | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What a suite and a test may both say about a rendering; the test's wins."""

    release: Mapping[str, Any] = field(default_factory=dict)
    capabilities: Mapping[str, Any] = field(default_factory=dict)
    chart: Mapping[str, Any] = field(default_factory=dict)
    objects: tuple[Mapping[str, Any], ...] = ()
    """``kubernetesProvider.objects``: what ``lookup`` finds."""
    schemes: Mapping[str, Any] = field(default_factory=dict)
    post_renderer: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """One entry of ``tests``."""

    name: str
    asserts: tuple[Assertion, ...]
    values: tuple[str, ...] = ()
    """Files, relative to the suite's."""
    set: Mapping[str, Any] = field(default_factory=dict)
    templates: tuple[str, ...] = ()
    index: int | None = None
    selector: Selector | None = None
    settings: Settings = Settings()
    skip: str = ""
    """Why it is not run."""


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite of a file."""

    name: str
    file: str
    tests: tuple[Test, ...]
    values: tuple[str, ...] = ()
    set: Mapping[str, Any] = field(default_factory=dict)
    templates: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    include_crds: bool = False
    settings: Settings = Settings()
    snapshot_id: str = ""
    route: str = ""
    """The path of the chart that the suite belongs to: ``web``, ``web/charts/db``."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An assertion that did not come true."""

    index: int
    kind: str
    negated: bool
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of a test."""

    name: str
    failures: tuple[Failure, ...] = ()
    error: str = ""
    """Why it could not be run."""
    skipped: str = ""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong with it; a skipped test passes."""
        return not self.failures and not self.error


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """What became of a suite."""

    name: str
    file: str
    tests: tuple[TestResult, ...] = ()
    error: str = ""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every test passed."""
        return not self.error and all(test.passed for test in self.tests)

    @property
    def skipped(self) -> bool:
        """Whether no test was run."""
        return bool(self.tests) and all(test.skipped for test in self.tests)
