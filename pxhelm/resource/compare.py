"""Whether what is wanted is so already, leaf by leaf, and the changes where it is not.

Knows when unset equals a default, which leaves cannot be compared, and which rule decides for irregular ones. Never
looks at what was applied before: the three-way merge is the plan's.
"""

from __future__ import annotations

from collections.abc import Mapping

from pxhelm.proxmox.wire import PropertyError, normal
from pxhelm.resource.effects import classify, device_of, param_of
from pxhelm.resource.kind import Kind, LeafChange, Op
from pxhelm.resource.model import Leaves, Live, Resource, Value
from pxhelm.resource.references import bare
from pxhelm.resource.table import Place, spec_of, table_of


def comparable(kind: Kind, path: str) -> bool:
    """Whether a leaf can differ from the cluster at all: it is neither ours alone, nor provenance, nor write-only."""
    place = table_of(kind.fields, kind.slots).place(path)
    if place is None:
        return False
    each = place.field
    return not each.write_only and not each.creation_only and (bool(each.wire) or each.same is not None)


def unsettable(kind: Kind, path: str) -> bool:
    """Whether a leaf that nobody wants any more can be taken away; else it stays as it is, and that is no change.

    Not those that cannot be compared, nor what Proxmox cannot be without: a node, a MAC, the model of a network card.
    """
    place = table_of(kind.fields, kind.slots).place(path)
    if place is None or place.field.kept or not comparable(kind, path):
        return False
    spec = spec_of(kind.api, "9.2", place.param)
    key = spec.properties.get(place.key) if spec is not None and place.key else None
    return key is None or key.optional or not device_of(kind, path)


def live_value(live: Live, path: str) -> Value:
    """Return what the object has at a path (intended view), raw parameters included; None when unset."""
    found = live.intended.get(path)
    if found is None and path.startswith("config."):
        return live.raw.get(path.removeprefix("config."))
    return found


def default_of(kind: Kind, path: str) -> Value:
    """Return what Proxmox does when a leaf is not set; None when nothing is known to be equal to unset."""
    place = table_of(kind.fields, kind.slots).place(path)
    return None if place is None else place.field.default


def same(kind: Kind, wanted: Leaves, live: Live, path: str) -> bool:
    """Whether a wanted leaf needs no write; True for what cannot be compared (``comparable``)."""
    place = table_of(kind.fields, kind.slots).place(path)
    if place is None or not comparable(kind, path):
        return True
    if place.field.same is not None:
        return place.field.same(path, wanted, live)
    value, found = wanted[path], live_value(live, path)
    if found is None:  # nothing wanted where nothing is: an empty text or list is not written either
        default = place.field.default
        return value is not None and (value == default or (value in ("", ()) and not default))
    if place.field.refers and isinstance(value, str):
        return bare(value) == bare(str(found))
    if place.field.refers and isinstance(value, tuple) and isinstance(found, tuple):
        return {bare(str(each)) for each in value} == {bare(str(each)) for each in found}
    return value == found or (
        (path.startswith("config.") or ".extra." in path) and _same_text(kind, place, value, str(found))
    )


def _same_text(kind: Kind, place: Place, value: Value, text: str) -> bool:
    wanted = ("1" if value else "0") if isinstance(value, bool) else str(value)
    if wanted == text:
        return True
    spec = spec_of(kind.api, "9.2", place.param)
    if spec is None:
        return False
    if spec.type == "boolean":
        return wanted in _WORDS and text in _WORDS and _WORDS[wanted] == _WORDS[text]
    try:
        return bool(spec.properties) and normal(spec.properties, wanted) == normal(spec.properties, text)
    except PropertyError:
        return False


_WORDS: Mapping[str, bool] = {"1": True, "true": True, "yes": True, "on": True} | dict.fromkeys(
    ("0", "false", "no", "off"), False
)


def wanted_changes(kind: Kind, resource: Resource, live: Live) -> tuple[LeafChange, ...]:
    """Return the changes from what is to what is wanted, without a last applied state, effects included."""
    found = [
        LeafChange(path, Op.SET, live_value(live, path), value)
        for path, value in resource.leaves.items()
        if not same(kind, resource.leaves, live, path)
    ]
    found += forced_changes(kind, resource, live)
    return tuple(classify(kind, change, live) for change in found)


def forced_changes(kind: Kind, resource: Resource, live: Live) -> list[LeafChange]:
    """Return the changes that ``unset`` and ``absent: true`` ask for."""
    found: list[LeafChange] = []
    for path in resource.unset:
        before = live_value(live, path)
        if before is not None and before != default_of(kind, path) and unsettable(kind, path):
            found.append(LeafChange(path, Op.UNSET, before, None))
    return found + [
        LeafChange(device, Op.UNSET, "present", None)
        for device in resource.absent
        if device_present(kind, live, device)
    ]


def device_present(kind: Kind, live: Live, device: str) -> bool:
    """Whether a device such as ``disks.ide3`` is there."""
    if any(path.startswith(f"{device}.") for path in live.intended):
        return True
    return param_of(kind, device) in live.raw
