"""Leaves to Proxmox' parameters: the smallest set of parameters that makes the leaves true.

A property string is re-printed whole from the live one with our leaves replaced (engine.md D5.5), so that keys of others
and those the schema does not know stay as they are. ``STORAGE:SIZE`` is only ever written for an empty slot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.request import Param
from pxhelm.proxmox.schema import ParamSpec
from pxhelm.proxmox.wire import print_property
from pxhelm.resource.decode import NUL, content_of
from pxhelm.resource.form import Content
from pxhelm.resource.forms import form_of
from pxhelm.resource.forms_volumes import GIB, NEW_SIZE, NEW_STORAGE
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import SecretSource, Value
from pxhelm.resource.references import bare
from pxhelm.resource.table import STAR, Place, key_in, spec_of, table_of
from pxhelm.resource.types import shown
from pxhelm.secret import Secret


@dataclass(frozen=True, slots=True)
class Encoded:
    """Parameters to set and to delete, in the order of first mention."""

    params: Mapping[str, Param] = field(default_factory=dict)
    delete: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    """Paths that these parameters make true."""
    defaults: tuple[str, ...] = ()
    """Values for creation that were added, as ``path: value``."""
    storages: tuple[str, ...] = ()
    """Storages on which volumes are allocated."""

    def __bool__(self) -> bool:
        return bool(self.params or self.delete)

    def as_params(self) -> dict[str, Param]:
        """Return the parameters with ``delete`` among them."""
        return {**self.params, **({"delete": ",".join(self.delete)} if self.delete else {})}


STEERING = frozenset(("vmid", "node", "pool", "start", "template"))
"""Parameters of guests that are no configuration: a step of its own makes them true."""


@dataclass(slots=True)
class _Draft:
    """Contents under way."""

    kind: Kind
    version: str
    raw: Mapping[str, str]
    contents: dict[str, Content] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)
    leaves: list[str] = field(default_factory=list)
    defaults: list[str] = field(default_factory=list)

    def content(self, param: str) -> Content:
        """Return the content of a parameter, read from the live configuration on first use."""
        found = self.contents.get(param)
        if found is None:
            raw = self.raw.get(param)
            found = {} if raw is None else content_of(self.kind.api, self.version, param, raw)
            self.contents[param] = found
        return found

    def key(self, place: Place) -> str:
        """Return the key of a leaf as this version of Proxmox calls it; empty where it has a plain parameter."""
        return key_in(self.kind.api, self.version, place)


def encode(
    kind: Kind, raw: Mapping[str, str], writes: Mapping[str, Value], *, version: str = "9.2", blank: bool = False
) -> Encoded:
    """Return the parameters that set (or with None unset) the leaves, starting from a live configuration.

    ``blank``: the object is made from nothing, so values for creation (kinds.md 2.7) are added. A device that is new gets
    those of its family always. Leaves of ours alone and creation-only ones give no parameter.
    """
    table = table_of(kind.fields, kind.slots)
    draft = _Draft(kind, version, raw)
    for path, value in writes.items():
        place = table.place(path)
        if place is not None and place.param and not (kind.guest and place.param in STEERING):
            _write(draft, place, value)
    _add_creation_values(draft, writes, blank=blank)
    params: dict[str, Param] = {}
    delete: list[str] = []
    storages: list[str] = []
    for param, content in draft.contents.items():
        if content.get(NEW_STORAGE):
            storages.append(str(content[NEW_STORAGE]))
        text = _print(draft, param, content)
        if text is not None:
            params[param] = text
        elif param in raw:
            delete.append(param)
    return Encoded(
        {**params, **draft.secrets}, tuple(delete), tuple(draft.leaves), tuple(draft.defaults), tuple(storages)
    )


def _write(draft: _Draft, place: Place, value: Value) -> None:
    if isinstance(value, SecretSource):
        raise PxhelmError(f"cannot write {place.path}: the secret {value} was not read")
    draft.leaves.append(place.path)
    if isinstance(value, Secret):
        draft.secrets[place.param] = value
        return
    if place.field.refers and isinstance(value, str):
        value = bare(value)
    if place.field.refers and isinstance(value, tuple):
        value = tuple(bare(str(each)) for each in value)
    content = draft.content(place.param)
    if value is None and set(content) - {draft.key(place)} and _required(draft, place):
        value = place.field.default  # the key has to stay beside those of others, so it says the default
    form_of(place.field.type, place.field.form).write(content, draft.key(place), place.slot, value)


def _required(draft: _Draft, place: Place) -> bool:
    spec = spec_of(draft.kind.api, draft.version, place.param)
    key = spec.properties.get(draft.key(place)) if spec is not None and place.key else None
    return key is not None and not key.optional


def _add_creation_values(draft: _Draft, writes: Mapping[str, Value], *, blank: bool) -> None:
    table = table_of(draft.kind.fields, draft.kind.slots)
    new_devices = {
        ".".join(path.split(".")[:2])
        for path, value in writes.items()
        if value is not None and path.split(".", 1)[0] in draft.kind.slots
    }
    for each in draft.kind.fields:
        if each.on_create is None:
            continue
        if STAR not in each.path:
            lone = draft.kind.lone.get(each.path.split(".")[0])
            wanted = blank if lone is None else lone in draft.contents and lone not in draft.raw
            places = [table.place(each.path)] if wanted else []
        else:
            places = [
                table.place(each.path.replace(STAR, device.split(".")[1], 1))
                for device in new_devices
                if device.split(".")[0] == each.path.split(".", 1)[0]
            ]
        for place in places:
            if place is not None and place.path not in writes:
                _write_default(draft, place)


def _write_default(draft: _Draft, place: Place) -> None:
    if STAR in place.field.path and (draft.raw.get(place.param) or place.param not in draft.contents):
        return
    spec = spec_of(draft.kind.api, draft.version, place.param)
    if spec is None or (place.key and spec.properties and draft.key(place) not in spec.properties):
        return
    content = draft.content(place.param)
    if content.get("media") == "cdrom":
        return
    value = place.field.on_create
    if isinstance(value, str):
        value = value.replace("#", place.slot[len(place.slot.rstrip("0123456789")) :])
    draft.defaults.append(f"{place.path}: {shown(place.field.type, value)}")
    form_of(place.field.type, place.field.form).write(content, draft.key(place), place.slot, value)


def _print(draft: _Draft, param: str, content: Content) -> Param | None:
    """Return a parameter's value; None when nothing is left of it."""
    storage, size = content.pop(NEW_STORAGE, None), content.pop(NEW_SIZE, None)
    spec = spec_of(draft.kind.api, draft.version, param)
    if storage is not None or size is not None:
        if storage is None:
            raise PxhelmError(f"cannot create {param}: it has a size but no storage", hint="add storage: NAME")
        gib = _new_size(param, content, size)
        name = "file" if spec is None or "file" in spec.properties else "volume"
        content = {name: f"{storage}:{gib}", **content}
    if set(content) <= {"base64"}:
        return None
    if spec is not None and spec.type == "array":
        found = content.get("")
        return list(found) if isinstance(found, list) and found else None
    if set(content) == {""}:
        return _scalar(content[""], NUL if spec is not None and spec.format.endswith("-alist") else ",")
    if spec is not None and spec.properties:
        _check_keys(draft, param, spec, content)
        return print_property(spec.properties, content)
    return ",".join(f"{k}={v}" if k else str(v) for k, v in content.items())


def _check_keys(draft: _Draft, param: str, spec: ParamSpec, content: Content) -> None:
    """Say in the manifest's words what Proxmox would refuse: keys that are missing beside those that are given.

    One that must be said says its default, unless that would switch off what the others are about.
    """
    have = {spec.properties[key].alias or key for key in content if key in spec.properties}
    places = {p.key: p for p in table_of(draft.kind.fields, draft.kind.slots).places_of(param)}
    names = {key: place.path for key, place in places.items()}
    for key, each in spec.properties.items():
        if each.optional or each.alias or key in have:
            continue
        place = places.get(key)
        if place is None or place.field.default in (None, False):
            raise PxhelmError(f"cannot write {param}: {names.get(key, key)} is missing")
        form_of(place.field.type, place.field.form).write(content, key, place.slot, place.field.default)
    for key in sorted(have):
        needed = spec.properties[key].requires
        if needed and needed not in have:
            raise PxhelmError(f"cannot write {param}: {names.get(key, key)} needs {names.get(needed, needed)}")


def _scalar(value: object, separator: str) -> Param | None:
    if isinstance(value, list):
        return separator.join(str(item) for item in value)
    return value if isinstance(value, (str, int, float, bool)) and value != "" else None


def _new_size(param: str, content: Content, size: object) -> str:
    if "import-from" in content:
        return "0"  # as large as what is imported; grown afterwards
    if isinstance(size, int):
        return _gib(size)
    if param in ("efidisk0", "tpmstate0"):
        return "1"  # Proxmox knows their size and ignores this one
    raise PxhelmError(f"cannot create {param}: it has a storage but no size", hint="add a size, such as size: 32G")


def _gib(size: int) -> str:
    """Return a size as Proxmox wants it for a new volume: GiB, with a fraction if need be."""
    gib = size / GIB
    return str(int(gib)) if gib.is_integer() else f"{gib:.10f}".rstrip("0")
