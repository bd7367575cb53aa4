"""Who an object is: its key, its uid, and the proof a guest carries (engine.md D2).

Names in Proxmox are labels only; the binding uid → VMID stands in the store, and the guest carries a marker in its
description that names its own VMID, so that a copy of a managed guest is never taken for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

_MARKER = re.compile(r"<!-- pxhelm:1((?: [a-z]=[^\s>]+)+) -->")


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """Kind, namespace and name; namespace is empty for cluster-scoped kinds."""

    kind: str
    namespace: str
    name: str

    @property
    def address(self) -> str:
        """Return ``Kind/namespace/name``, or ``Kind/name`` without a namespace."""
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    @classmethod
    def parse(cls, address: str) -> ObjectKey:
        """Read what ``address`` prints; ValueError for anything else."""
        parts = address.split("/", 2)
        if len(parts) == 2:
            return cls(parts[0], "", parts[1])
        if len(parts) != 3:
            raise ValueError(f"not an address: {address}")
        return cls(*parts)


@dataclass(frozen=True, slots=True)
class Marker:
    """The last line of a guest's description: whose it is, and that it is no copy."""

    installation: str
    uid: str
    vmid: int
    op: str
    deleting: str = ""
    """Operation that is about to destroy the guest: the tombstone of engine.md D11."""
    name: str = ""
    """``namespace/name`` of the object: proves nothing, tells a store that lost its memory what the guest was."""
    release: str = ""
    """``namespace/name`` of the release it was made for, likewise."""

    def __str__(self) -> str:
        fields = {"i": self.installation, "u": self.uid, "v": self.vmid, "o": self.op}
        told = fields | {"d": self.deleting, "n": self.name, "r": self.release}
        return f"<!-- pxhelm:1 {' '.join(f'{key}={value}' for key, value in told.items() if value)} -->"

    def buried_by(self, op: str) -> Marker:
        """Return the marker with a tombstone."""
        return replace(self, deleting=op)


_MARK = re.compile(r"(?:^|\s)px:([A-Za-z0-9][\w.-]*)/([0-9a-f]{8})\s*$")


def split_comment(text: str) -> tuple[str, Marker | None]:
    """Return a comment without the mark at its end, and the mark, whose uid is cut; for objects with an id of their own."""
    found = _MARK.search(text)
    if found is None:
        return text, None
    return text[: found.start()], Marker(found[1], found[2], 0, "")


def unmarked(row: Mapping[str, object]) -> Mapping[str, object]:
    """Return a row of a list without the mark that says whose it is."""
    told = {key: split_comment(str(row[key])) for key in ("comment", "comments", "description") if row.get(key)}
    return {**row, **{key: text for key, (text, marker) in told.items() if marker is not None}}


def join_comment(text: str, marker: Marker) -> str:
    """Return a comment with a short mark at its end: ``px:INSTALLATION/UID``; people read these in lists."""
    return f"{text} px:{marker.installation}/{marker.uid[:8]}".lstrip()


def split_description(text: str) -> tuple[str, Marker | None]:
    """Return a description without its marker line and trailing newlines, and the marker."""
    found = _MARKER.search(text)
    if found is None:
        return text.rstrip("\n"), None
    fields = dict(part.split("=", 1) for part in found.group(1).split())
    rest = (text[: found.start()] + text[found.end() :]).rstrip("\n")
    try:
        told = (fields.get("d", ""), fields.get("n", ""), fields.get("r", ""))
        marker = Marker(fields["i"], fields["u"], int(fields["v"]), fields["o"], *told)
    except (KeyError, ValueError):
        return rest, None
    return rest, marker


def join_description(text: str, marker: Marker | None) -> str:
    """Return the description with the marker as its last line."""
    if marker is None:
        return text
    return f"{text}\n{marker}" if text else str(marker)
