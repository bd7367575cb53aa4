"""Runs a suite: for each test one rendering, then its assertions over the documents they are about."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from pxhelm.charttest.assertions import KINDS, Case, run, same
from pxhelm.charttest.model import (
    Assertion,
    Document,
    Failure,
    Selector,
    Settings,
    Suite,
    SuiteError,
    SuiteResult,
    Test,
    TestResult,
)
from pxhelm.charttest.path import find
from pxhelm.charttest.rendering import Documents, Wanted, World, render, template_path
from pxhelm.charttest.snapshot import Snapshots
from pxhelm.errors import PxhelmError
from pxhelm.golang.yaml import YamlError, load_map
from pxhelm.values.merge import Values, coalesce_tables, copy_map

Selected = dict[str, list[Document]]


@dataclass(frozen=True, slots=True)
class Runner:
    """How suites are run."""

    world: World
    read: Callable[[str], str]
    """Reads a values file; PxhelmError when it cannot."""
    values: tuple[str, ...] = ()
    """Further values files, for every test."""
    fail_fast: bool = False
    bounded: Callable[[], AbstractContextManager[None]] = nullcontext
    """Holds one test to the limits of a rendering; PxhelmError when it reaches one."""

    def suite(self, suite: Suite, snapshots: Snapshots) -> SuiteResult:
        """Run every test of a suite; ``fail_fast`` stops at the first that fails."""
        elapsed = self.world.host.elapsed
        began = elapsed()
        results: list[TestResult] = []
        for test in suite.tests:
            if test.skip:
                results.append(TestResult(test.name, skipped=test.skip))
                continue
            start = elapsed()
            results.append(replace(self._held(suite, test, snapshots), seconds=elapsed() - start))
            if self.fail_fast and not results[-1].passed:
                break
        return SuiteResult(suite.name, suite.file, tuple(results), seconds=elapsed() - began)

    def _held(self, suite: Suite, test: Test, snapshots: Snapshots) -> TestResult:
        try:
            with self.bounded():
                return self._test(suite, test, snapshots)
        except PxhelmError as error:
            if isinstance(error, SuiteError):
                raise
            return TestResult(test.name, error=error.message)

    def _test(self, suite: Suite, test: Test, snapshots: Snapshots) -> TestResult:
        wanted = Wanted(
            route=suite.route,
            values={},
            settings=_merged(suite.settings, test.settings),
            templates=suite.templates,
            excluded=suite.excluded,
            include_crds=suite.include_crds,
        )
        try:
            found = render(self.world, replace(wanted, values=self._values(suite, test)))
        except PxhelmError as error:
            return TestResult(test.name, error=error.message)
        if not found.rendered and all(KINDS[one.kind].renders for one in test.asserts):
            # Nobody expects the failure, so that it is the result.
            blamed = [f"{name}: {document[0]['raw']}" for name, document in found.by_template.items()]
            return TestResult(test.name, error=found.error or "\n".join(blamed))
        failures: list[Failure] = []
        for index, one in enumerate(test.asserts):
            checked = _Checked(suite, test, one, found, snapshots)
            lines = checked.lines()
            if lines:
                failures.append(Failure(index, one.kind, one.negated, tuple(lines)))
                if self.fail_fast:
                    break
        return TestResult(test.name, tuple(failures))

    def _values(self, suite: Suite, test: Test) -> Values:
        base: Values = {}
        folder = posixpath.dirname(suite.file)
        for name in (*suite.values, *self.values, *test.values):
            path = name if name in self.values or name.startswith("/") else posixpath.join(folder, name)
            try:
                given = load_map(self.read(posixpath.normpath(path)))
            except YamlError as error:
                raise SuiteError(f"failed to parse {name}: {error}") from None
            base = coalesce_tables(_scoped(suite.route, given), base, merge=True)
        for key, value in (*suite.set.items(), *test.set.items()):
            base = coalesce_tables(_scoped(suite.route, copy_map(build(key, _floats(value)))), base, merge=True)
        return base


def _merged(suite: Settings, test: Settings) -> Settings:
    versions = test.capabilities.get("apiVersions", ())
    capabilities = {**suite.capabilities, **{k: v for k, v in test.capabilities.items() if v}}
    # A test that says ``apiVersions:`` with nothing takes the suite's away.
    capabilities["apiVersions"] = (
        [] if versions is None else [*versions, *(suite.capabilities.get("apiVersions") or ())]
    )
    return Settings(
        release={**suite.release, **{k: v for k, v in test.release.items() if v}},
        capabilities=capabilities,
        chart={**suite.chart, **{k: v for k, v in test.chart.items() if v}},
        objects=(*test.objects, *suite.objects),
        schemes={**test.schemes, **suite.schemes},
        post_renderer=test.post_renderer or suite.post_renderer,
    )


def _scoped(route: str, values: Values) -> Values:
    """Put the values of a subchart's suite where its parents look for them."""
    for name in reversed(route.split("/")[2::2]):
        outer: Values = {name: values}
        if "global" in values:
            outer["global"] = values["global"]
        values = outer
    return values


def _floats(value: Any) -> Any:
    """Make every number what Helm's reading of values makes of it."""
    if isinstance(value, dict):
        return {key: _floats(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_floats(each) for each in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


_KEY = re.compile(r"([^.\[\],{}=]+)|\.?\[([^\[\],{}=]*)\]|\.")


def build(key: str, value: Any) -> Values:
    """Return the values that a key of ``set`` means: ``a.b[0].c``, names with dots in brackets; SuiteError."""
    path: list[str | int] = []
    at = 0
    while at < len(key):
        found = _KEY.match(key, at)
        if found is None:
            raise SuiteError(f"cannot set {key}: invalid token found {key[at]}")
        at = found.end()
        name, bracket = found.groups()
        if name is not None:
            path.append(name)
        elif bracket is not None:
            is_index = bool(path) and not found[0].startswith(".") and bracket.isdigit()
            path.append(int(bracket) if is_index else bracket)
    if not path or not isinstance(path[0], str):
        raise SuiteError("set path is empty")
    built: Any = value
    for part in reversed(path):
        built = {part: built} if isinstance(part, str) else [*([None] * part), built]
    result: Values = built
    return result


@dataclass(frozen=True, slots=True)
class _Checked:
    """One assertion over what was rendered."""

    suite: Suite
    test: Test
    one: Assertion
    found: Documents
    snapshots: Snapshots

    def lines(self) -> list[str] | None:
        """Return what is wrong; None when there is nothing to look at and that was allowed."""
        templates = {name: self.found.by_template.get(name, []) for name in self._templates()}
        selector = self.one.selector or self.test.selector
        try:
            selected = self._selected(templates, selector)
        except PxhelmError as error:
            return ["Error:", f"\t{error.message}"]
        if not selected and self.test.selector is not None and self.test.selector.skip_empty:
            return None
        if not selected:
            return self._check("", [], [])
        return [line for name in sorted(selected) for line in self._check(name, templates[name], selected[name])]

    def _templates(self) -> list[str]:
        """Return the files that the assertion is about."""
        if set(self.found.by_template) == {f"{self.suite.route}/manifest.yaml"}:
            return list(self.found.by_template)
        chosen = (self.one.template,) if self.one.template else self.test.templates
        if not chosen:
            chosen = self.suite.templates
            if not chosen or any("*" in name for name in chosen):
                return list(self.found.by_template)
        return [posixpath.normpath(f"{self.suite.route}/{template_path(name)}") for name in chosen]

    def _selected(self, templates: Selected, selector: Selector | None) -> Selected:
        if selector is not None and selector.path:
            return _select(templates, selector)
        index = self.test.index if self.test.index is not None else self.one.index
        if index is None:
            return templates
        if any(index >= len(documents) for documents in templates.values()):
            raise SuiteError(f"document index {index} is out of range")
        return {name: [documents[index]] for name, documents in templates.items()}

    def _check(self, name: str, every: list[Document], selected: list[Document]) -> list[str]:
        kind = KINDS[self.one.kind]
        if name and name not in self.found.by_template and kind.renders:
            return ["Error:", f'\ttemplate "{name}" not exists or not selected in test suite']
        if kind.renders != self.found.rendered:
            raw = every[0].get("raw") if every else None
            return [f"Error: Invalid rendering: {raw}" if every else "Error: rendered manifest is empty"]
        case = Case(
            parameters=self.one.parameters,
            negative=self.one.negated != kind.antonym,
            documents=selected,
            every=every,
            test=self.test.name,
            snapshots=self.snapshots,
            error=self.found.error,
        )
        lines = run(kind, case)
        return [f"Template:\t{name}", *lines] if lines and name else lines


def _select(templates: Selected, selector: Selector) -> Selected:
    chosen: Selected = {}
    for name, documents in sorted(templates.items()):
        fitting = [one for one in documents if _fits(one, selector)]
        if not fitting and not selector.skip_empty:
            raise SuiteError("document not found")
        if fitting:
            chosen[name] = fitting
    if not selector.match_many and sum(map(len, chosen.values())) > 1:
        raise SuiteError("multiple indexes found")
    return chosen


def _fits(document: Mapping[str, Any], selector: Selector) -> bool:
    found = find(document, selector.path)
    return any(selector.value is None or same(selector.value, value) for value in found)
