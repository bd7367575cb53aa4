"""Shorthand to normal form (kinds.md 2.5): a closed list of expansions that guests share, without asking a cluster.

``Normal`` remembers where a part of the normal form stood in the manifest, so that errors point at what was written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

ManifestPath = tuple[str | int, ...]


class Normal(dict[str, object]):
    """A spec in normal form; ``origins`` leads from paths of the normal form back to the manifest's."""

    def __init__(self, spec: Mapping[str, object]) -> None:
        super().__init__(spec)
        self.origins: dict[ManifestPath, ManifestPath] = {}
        self.lints: list[str] = []

    def origin(self, path: ManifestPath) -> ManifestPath:
        """Return the path in the manifest's spec for a path of the normal form."""
        for length in range(len(path), 0, -1):
            found = self.origins.get(path[:length])
            if found is not None:
                return found + path[length:]
        return path


class ShorthandError(ValueError):
    """A shorthand that has no normal form; ``path`` is where it stands in the spec."""

    def __init__(self, path: ManifestPath, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.path = path
        self.hint = hint


def wrap(spec: Normal, name: str, inner: str) -> None:
    """Expand ``memory: 8G`` to ``memory: {size: 8G}``."""
    value = spec.get(name)
    if value is not None and not isinstance(value, Mapping):
        spec[name] = {inner: value}
        spec.origins[(name, inner)] = (name,)


def move(spec: Normal, name: str, target: ManifestPath) -> None:
    """Expand ``node: n`` to ``placement: {nodes: n}``; an error when both are given."""
    if name not in spec:
        return
    value = spec.pop(name)
    if value is None:
        return
    branch: dict[str, object] = spec
    for key in target[:-1]:
        below = branch.get(str(key))
        if below is not None and not isinstance(below, Mapping):
            raise ShorthandError((name,), f"{key} is given as {below!r} as well")
        branch[str(key)] = branch = dict(below or {})
    if branch.get(str(target[-1])) is not None:
        written = ".".join(str(part) for part in target)
        raise ShorthandError((name,), f"{name} and {written} say the same thing twice")
    branch[str(target[-1])] = value
    spec.origins[target] = (name,)


def slots(spec: Normal, name: str, slot_of: Callable[[int, dict[str, object], str], str], text_key: str = "") -> None:
    """Expand a list of devices to a map by slot.

    ``slot_of`` gets position, device and the bus of the list; ``text_key`` is what a plain text in the list stands for.
    """
    value = spec.get(name)
    if not isinstance(value, (list, tuple)):
        return
    found: dict[str, object] = {}
    bus = ""
    for index, item in enumerate(value):
        if isinstance(item, str) and text_key:
            device: dict[str, object] = {text_key: item}
        elif isinstance(item, Mapping):
            device = dict(item)
        else:
            raise ShorthandError((name, index), f"item {index} of {name} is not a map")
        named_bus, named_slot = device.pop("bus", None), device.pop("slot", None)
        if index == 0 and isinstance(named_bus, str):
            bus = named_bus
        slot = str(named_slot) if named_slot is not None else slot_of(index, device, bus)
        if slot in found:
            raise ShorthandError((name, index), f"two items of {name} are {slot}")
        found[slot] = device
        spec.origins[(name, slot)] = (name, index)
    spec[name] = found
    if len(found) > 1:
        spec.lints.append(
            f"W101: {name} is a list of {len(found)}; name the slots, so that inserting one moves no other"
        )


def keyed(spec: Normal, name: str, key: str) -> None:
    """Expand a list of maps to a map by one of their values: ``map: [{node: pve1, path: …}]`` to ``map: {pve1: {path: …}}``.

    Two items of one key become ``pve1`` and ``pve1-2``.
    """
    value = spec.get(name)
    if not isinstance(value, (list, tuple)):
        return
    found: dict[str, object] = {}
    for index, item in enumerate(value):
        if not isinstance(item, Mapping):
            raise ShorthandError((name, index), f"item {index} of {name} is not a map")
        rest = dict(item)
        own = rest.pop(key, None)
        if not isinstance(own, str) or not own:
            raise ShorthandError((name, index), f"item {index} of {name} has no {key}", f"write {key}: NAME")
        same = sum(known == own or known.startswith(f"{own}-") for known in found)
        slot = own if own not in found else f"{own}-{same + 1}"
        found[slot] = rest
        spec.origins[(name, slot)] = (name, index)
    spec[name] = found


def numbered(stem: str) -> Callable[[int, dict[str, object], str], str]:
    """Return the naming of ``net0``, ``net1`` and so on."""
    return lambda index, _device, _bus: f"{stem}{index}"


def by_bus(default: str) -> Callable[[int, dict[str, object], str], str]:
    """Return the naming of ``scsi0``, ``scsi1`` … on the bus that the first item names."""
    return lambda index, _device, bus: f"{bus or default}{index}"


def guest_shorthand(spec: Normal) -> None:
    """Expand what both guest kinds share."""
    move(spec, "node", ("placement", "nodes"))
    wrap(spec, "memory", "size")
    wrap(spec, "power", "policy")
    slots(spec, "networks", numbered("net"), text_key="bridge")
