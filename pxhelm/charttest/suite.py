"""Suites from their YAML (helm-unittest's DOCUMENT.md). Unknown keys are refused only when asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pxhelm.charttest.assertions import KINDS
from pxhelm.charttest.model import Assertion, Selector, Settings, Suite, SuiteError, Test
from pxhelm.errors import Where
from pxhelm.golang.yaml import YamlError, load_typed

SEPARATOR: Final = re.compile(r"(?:^|\s*\n)---\s*")
"""Between suites of a file, and between the documents that a template wrote."""

_SETTINGS: Final = frozenset({"release", "capabilities", "chart", "kubernetesProvider", "postRenderer", "skip"})
_SUITE: Final = _SETTINGS | {"suite", "values", "set", "templates", "excludeTemplates", "includeCrds", "tests"}
_TEST: Final = _SETTINGS | {"it", "values", "set", "template", "templates", "documentIndex", "documentSelector"}
_ASSERT: Final = frozenset({"not", "template", "documentIndex", "documentSelector"})


def load_suites(text: str, file: str, route: str, *, strict: bool = False) -> list[Suite]:
    """Return the suites of a file.

    Raises:
        SuiteError: for what is no suite, with the file in ``where``; with ``strict`` also for keys that mean nothing.
    """
    try:
        parts = [load_typed(part) for part in SEPARATOR.split(text) if part.strip()]
        return [_suite(part, file, route, strict=strict) for part in parts if part is not None]
    except YamlError as error:
        raise SuiteError(f"cannot read {file}: {error}", where=Where(file)) from None
    except SuiteError as error:
        raise SuiteError(f"cannot read {file}: {error.message}", where=Where(file)) from None


def _suite(body: Any, file: str, route: str, *, strict: bool) -> Suite:
    body = _map(body, "a suite")
    tests = [_map(test, "a test") for test in _list(body, "tests")]
    if not tests:
        raise SuiteError("no tests found")
    if strict:
        _known(body, _SUITE | {"snapshotId"}, "suite")
        for test in tests:
            _known(test, _TEST | {"asserts"}, "test")
    return Suite(
        name=str(body.get("suite") or ""),
        file=file,
        tests=tuple(_test(test, _reason(body)) for test in tests),
        values=_texts(body, "values"),
        set=_map(body.get("set") or {}, "set"),
        templates=_texts(body, "templates"),
        excluded=_texts(body, "excludeTemplates"),
        include_crds=body.get("includeCrds") is True,
        settings=_settings(body),
        snapshot_id=str(body.get("snapshotId") or ""),
        route=route,
    )


def _test(body: Mapping[str, Any], skip: str) -> Test:
    asserts = _list(body, "asserts")
    if not asserts:
        raise SuiteError("no asserts found")
    return Test(
        name=str(body.get("it") or ""),
        asserts=tuple(_assertion(_map(one, "an assertion")) for one in asserts if one is not None),
        values=_texts(body, "values"),
        set=_map(body.get("set") or {}, "set"),
        templates=_texts(body, "templates") or ((str(body["template"]),) if body.get("template") else ()),
        index=_index(body),
        selector=_selector(body),
        settings=_settings(body),
        skip=skip or _reason(body),
    )


def _assertion(body: Mapping[str, Any]) -> Assertion:
    kinds = [key for key in body if key in KINDS]
    if len(kinds) > 1:
        raise SuiteError(f"assertion type `{kinds[0]}` and `{kinds[1]}` is declared duplicately")
    if not kinds:
        other = next((key for key in body if key not in _ASSERT), "")
        raise SuiteError(f"Assertion type `{other}` is invalid" if other else "no assertion type defined")
    return Assertion(
        kind=kinds[0],
        parameters=_map(body[kinds[0]] or {}, kinds[0]),
        negated=body.get("not") is True,
        template=str(body.get("template") or ""),
        index=_index(body),
        selector=_selector(body),
    )


def _index(body: Mapping[str, Any]) -> int | None:
    index = body.get("documentIndex")
    return index if isinstance(index, int) and index >= 0 else None


def _selector(body: Mapping[str, Any]) -> Selector | None:
    found = body.get("documentSelector")
    if not isinstance(found, dict):
        return None
    path = found.get("path")
    if not isinstance(path, str):
        raise SuiteError("empty 'documentSelector.path' not supported")
    return Selector(path, found.get("value"), found.get("matchMany") is True, found.get("skipEmptyTemplates") is True)


def _settings(body: Mapping[str, Any]) -> Settings:
    provider = _map(body.get("kubernetesProvider") or {}, "kubernetesProvider")
    post = _map(body.get("postRenderer") or {}, "postRenderer")
    program = str(post.get("cmd") or "")
    return Settings(
        release=_map(body.get("release") or {}, "release"),
        capabilities=_map(body.get("capabilities") or {}, "capabilities"),
        chart=_map(body.get("chart") or {}, "chart"),
        objects=tuple(_map(one, "an object") for one in _list(provider, "objects")),
        schemes=_map(provider.get("scheme") or {}, "scheme"),
        post_renderer=(program, _texts(post, "args")) if program else None,
    )


def _reason(body: Mapping[str, Any]) -> str:
    # A minimum version is helm-unittest's own: pxhelm reads whatever its newest release reads.
    reason = _map(body.get("skip") or {}, "skip").get("reason")
    return "" if reason is None else str(reason)


def _map(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SuiteError(f"{what} is a map, not {value!r}")
    return value


def _list(body: Mapping[str, Any], key: str) -> list[Any]:
    value = body.get(key)
    if value is not None and not isinstance(value, list):
        raise SuiteError(f"{key} is a list, not {value!r}")
    return value or []


def _texts(body: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(one) for one in _list(body, key))


def _known(body: Mapping[str, Any], names: Iterable[str], what: str) -> None:
    unknown = sorted(set(body) - set(names))
    if unknown:
        raise SuiteError(f"field {unknown[0]} not found in a {what}")
