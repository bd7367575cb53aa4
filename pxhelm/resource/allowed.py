"""What Proxmox allows in ids and values by its schema: what it would refuse is told of the manifest, with its place.

The schema says limits, choices and patterns, or the name of a format that Proxmox checks in code: those of ids stand here.
What one version allows passes, since nobody knows the cluster yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pxhelm.proxmox.schema import ParamSpec
from pxhelm.resource.kind import Kind, Mistake
from pxhelm.resource.model import Leaves
from pxhelm.resource.raw import check_value
from pxhelm.resource.table import spec_of, table_of

_VERSIONS = ("9.2", "8.4", "7.4")
_WORD = r"[A-Za-z0-9._-]+"
_FORMATS: dict[str, tuple[str, str]] = {
    "pve-storage-id": (r"[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]", "two or more letters, digits, - _ or ., a letter first"),
    "pve-configid": (r"[A-Za-z][A-Za-z0-9_-]+", "two or more letters, digits, - or _, a letter first"),
    "pve-poolid": (rf"{_WORD}(/{_WORD}){{0,2}}", "up to three names of letters, digits, - _ and . with / between them"),
    "pve-groupid": (_WORD, "letters, digits, - _ and ."),
    "pve-roleid": (_WORD, "letters, digits, - _ and ."),
    "pve-realm": (r"[A-Za-z][A-Za-z0-9._-]+", "two or more letters, digits, - _ or ., a letter first"),
    "pve-userid": (r"[^\s:/]+@[A-Za-z][A-Za-z0-9._-]+", "NAME@REALM"),
    "pve-iface": (r"[A-Za-z][A-Za-z0-9_]{1,20}([:.][0-9]+)?", "letters, digits or _, a letter first"),
}
"""Format → pattern of the whole id, and the same in words."""


def unfit_id(kind: str, parameter: tuple[str, str], name: str, path: str) -> Iterator[Mistake]:
    """Yield why an id cannot be one; ``parameter`` is the API's path and its name, ``path`` the leaf that holds the id.

    An empty ``path`` says that the id is the object's name.
    """
    spec = next(iter(_specs(*parameter)), None)
    if spec is None:
        return
    pattern, words = _FORMATS.get(spec.format, (spec.pattern, "letters, digits, - and _, a letter first"))
    shortest, longest = spec.min_length or 1, spec.max_length or len(name)
    if shortest <= len(name) <= longest and (not pattern or re.fullmatch(pattern, name)):
        return
    room = f", {shortest} to {longest} characters" if spec.max_length else ""
    hint = "" if path else "write spec.id, which may be another than the name"
    yield Mistake(path, f"Proxmox cannot call a {kind} {name!r}: its id is {words}{room}", hint)


def unfit_values(kind: Kind, leaves: Leaves) -> Iterator[Mistake]:
    """Yield the leaves whose numbers and words no version of Proxmox takes for their parameter."""
    table = table_of(kind.fields, kind.slots)
    for path, value in leaves.items():
        place = table.place(path)
        if place is None or not place.param or place.field.form or place.field.type not in ("line", "int"):
            continue
        specs = _specs(kind.api, place.param, place.key)
        problems = [check_value(spec, path, value) for spec in specs]
        if problems and all(problems):
            yield Mistake(path, problems[0])


@lru_cache(maxsize=512)
def _specs(api: str, param: str, key: str = "") -> tuple[ParamSpec, ...]:
    """Return what each version says of a parameter, or of a key of its property string, the newest first."""
    found = [spec for version in _VERSIONS if (spec := spec_of(api, version, param)) is not None]
    return tuple(spec.properties[key] for spec in found if key in spec.properties) if key else tuple(found)
