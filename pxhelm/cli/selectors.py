"""Label and field selectors of ``get`` and of commands on several objects (kinds.md 11, Kubernetes' grammar).

Never asks the cluster: it looks at what was found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from pxhelm.errors import ExitCode, PxhelmError

Document = Mapping[str, Any]

COMMON_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "status.phase",
    "status.ready",
    "status.release",
    "status.drifted",
    "spec.type",
)
GUEST_FIELDS = (
    "spec.isTemplate",
    "spec.pool",
    "spec.hostname",
    "status.vmid",
    "status.node",
    "status.power",
    "status.lock",
    "status.ha.state",
)
_TERM = re.compile(r"(?P<key>(?:\\.|[^=!\\])+)(?P<operator>==|!=|=)(?P<value>(?:\\.|[^=\\])*)")
_SPLIT = re.compile(r"(?:\\.|[^,\\])+")
_ESCAPED = re.compile(r"\\([\\,=])")


def label_test(text: str) -> Callable[[Mapping[str, str]], bool]:
    """Return the test of a label selector; PxhelmError with Kubernetes' text when it is none."""
    from pxhelm.release.selector import parse_selector

    try:
        return parse_selector(text)
    except PxhelmError as error:
        error.code = ExitCode.USAGE
        raise


def field_test(text: str) -> Callable[[Document], bool]:
    """Return the test of a field selector on documents; PxhelmError names the fields when one is unknown."""
    terms = [_term(part) for part in _SPLIT.findall(text) if part.strip()]

    def test(document: Document) -> bool:
        return all((field_of(document, key) == value) == equal for key, equal, value in terms)

    return test


def _term(part: str) -> tuple[str, bool, str]:
    found = _TERM.fullmatch(part.strip())
    if found is None:
        raise PxhelmError(f"invalid selector: '{part}'; can't understand '{part}'", code=ExitCode.USAGE)
    key, value = (_ESCAPED.sub(r"\1", found[name]) for name in ("key", "value"))
    known = (*COMMON_FIELDS, *GUEST_FIELDS)
    if key not in known:
        near = get_close_matches(key, known, 1, 0.75)
        raise PxhelmError(
            f"field label not supported: {key}",
            code=ExitCode.USAGE,
            hint=f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}",
        )
    return key, found["operator"] != "!=", value


def field_of(document: Document, key: str) -> str:
    """Return a field's text: booleans as ``true`` and ``false``, what is not there as nothing."""
    path = _ELSEWHERE.get(key, key)
    value = value_at(document, path)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, dict | list) else str(value)


_ELSEWHERE = {
    "spec.isTemplate": "status.isTemplate",
    "spec.pool": "status.pool",
    "spec.hostname": "status.hostname",
    "spec.type": "status.type",
    "status.vmid": "status.binding.vmid",
}
"""Where the document has a field's live value: what is not ours has no spec."""


def value_at(document: Document, path: str) -> object:
    """Return what a dotted path leads to, None when nothing is there; ``.a.b`` and ``{.a.b}`` are taken, too."""
    value: object = document
    for part in path.strip("{}").strip(".").split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value
