"""What keeps a guest on its node: devices and files of the host that no other node has (kinds.md 4, ``Migratable``).

Pure. Disks on local storage do not: they move with the guest when that is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pxhelm.resource.kind import Kind, Surroundings
from pxhelm.resource.model import Live, Value

_HOST: Mapping[str, Callable[[str, Value], bool]] = {
    "pci": lambda leaf, _: leaf == "host",
    "usb": lambda leaf, value: leaf == "host" and value != "spice",
    "serial": lambda _, value: str(value).startswith("/dev"),
    "parallel": lambda _leaf, _value: True,
    "ivshmem": lambda leaf, _: leaf == "size",
}
"""Family of leaves → whether one of them (its last name, its value) is a device of the host."""


def anchors(kind: Kind, live: Live, around: Surroundings) -> tuple[str, ...]:
    """Return the leaves that keep a guest where it is, in order."""
    leaves = live.intended
    found = {path for path, value in leaves.items() if _of_host(path, value)}
    found |= {path for path, value in leaves.items() if path.endswith(".cdrom") and _is_local(str(value), live, around)}
    if kind.name == "Container":
        bound = (path.rpartition(".")[0] for path in leaves if path.endswith(".hostPath"))
        found |= {f"{mount}.hostPath" for mount in bound if leaves.get(f"{mount}.shared") is not True}
    return tuple(sorted(found))


def _of_host(path: str, value: Value) -> bool:
    names = path.split(".")
    rule = _HOST.get(names[0])
    return rule is not None and rule(names[-1], value)


def _is_local(volume: str, live: Live, around: Surroundings) -> bool:
    """Whether a medium is on a storage of its node alone; nothing is said of a storage that nobody knows."""
    storage, colon, _ = volume.partition(":")
    row = around.storages.get((live.node, storage)) if colon else None
    return row is not None and not row.get("shared")
