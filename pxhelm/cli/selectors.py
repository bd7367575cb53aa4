"""Label and field selectors of ``get`` and of commands on several objects (kinds.md 11, Kubernetes' grammar).

Never asks the cluster: it looks at what was found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
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
    "status.osType",
)
FIELDS_OF: Mapping[str, tuple[str, ...]] = {
    "Snapshot": ("spec.guest",),
    "ReplicationJob": ("spec.guest",),
    "Image": ("spec.storage", "spec.content"),
    "Node": ("status.status",),
    "Task": ("status.node", "status.type", "status.id", "status.user", "status.status"),
    "Volume": ("status.node", "status.storage", "status.content", "status.format", "status.vmid"),
    "Backup": ("status.node", "status.storage", "status.format", "status.vmid"),
    "Event": ("type", "reason", "involvedObject.kind", "involvedObject.name"),
}
"""What some kinds have beside what all have."""
CLOSER = ("status.drifted", "status.osType")
"""Fields that no list tells: each guest must be read for them."""
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


def fields_of(kinds: Sequence[str]) -> tuple[str, ...]:
    """Return the fields that things of these kinds may be selected by; of all kinds when none is given."""
    from pxhelm.kinds import KINDS

    found = dict.fromkeys(COMMON_FIELDS)
    for kind in kinds or (*KINDS, *FIELDS_OF):
        if kind in KINDS and KINDS[kind].guest:
            found.update(dict.fromkeys(GUEST_FIELDS))
        found.update(dict.fromkeys(FIELDS_OF.get(kind, ())))
    return tuple(found)


def field_test(text: str, kinds: Sequence[str] = ()) -> Callable[[Document], bool]:
    """Return the test of a field selector on documents of some kinds; PxhelmError names the fields when one is unknown."""
    known = fields_of(kinds) if text.strip() else ()
    terms = [_term(part, known) for part in _SPLIT.findall(text) if part.strip()]

    def test(document: Document) -> bool:
        return all((field_of(document, key) == value) == equal for key, equal, value in terms)

    return test


def _term(part: str, known: Sequence[str]) -> tuple[str, bool, str]:
    found = _TERM.fullmatch(part.strip())
    if found is None:
        raise PxhelmError(f"invalid selector: '{part}'; can't understand '{part}'", code=ExitCode.USAGE)
    key, value = (_ESCAPED.sub(r"\1", found[name]) for name in ("key", "value"))
    if key not in known:
        near = get_close_matches(key, known, 1, 0.75)
        raise PxhelmError(
            f"field label not supported: {key}",
            code=ExitCode.USAGE,
            hint=f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}",
        )
    return key, found["operator"] != "!=", value


def field_of(document: Document, key: str) -> str:
    """Return a field's text: booleans as ``true`` and ``false``, what is not there as nothing.

    The live value counts where there is one: what is not ours has no spec.
    """
    places = (_ELSEWHERE.get(key, key), key, _LIVE.get(key, key))
    value = next((found for place in places if (found := value_at(document, place)) is not None), None)
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


_LIVE = {"spec.guest": "status.guest", "spec.storage": "status.storage", "spec.content": "status.content"}
"""Where a field stands of what is not ours; a manifest's own word is another one than Proxmox'."""


def value_at(document: Document, path: str) -> object:
    """Return what a dotted path leads to, None when nothing is there; ``.a.b`` and ``{.a.b}`` are taken, too."""
    value: object = document
    for part in path.strip("{}").strip(".").split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value
