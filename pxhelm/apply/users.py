"""Who has a file of a storage: every guest is read, and every snapshot of every guest. Reads only.

What cannot be seen counts as a user (engine.md I7): a guest that cannot be read, and the guests that the token is not
allowed to see, which Proxmox leaves out of its lists without a word.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping
from dataclasses import dataclass

from pxhelm.apply.ports import Ports
from pxhelm.plan.rights import allowed
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import Request, call
from pxhelm.resource.kind import Surroundings
from pxhelm.resource.uses import Use, Uses, keys_naming

_EVERYWHERE = "/vms"
_SEE = "VM.Audit"
_NOW = "current"
"""What Proxmox lists among the snapshots of a guest: the guest as it is."""


@dataclass(frozen=True, slots=True)
class _Guest:
    vmid: int
    type: str
    node: str
    name: str

    @property
    def path(self) -> str:
        return f"/nodes/{self.node}/{self.type}/{self.vmid}"

    @property
    def who(self) -> str:
        return f"{'CT' if self.type == 'lxc' else 'VM'} {self.vmid} ({self.name})"

    def read(self, path: str, **params: str) -> Request:
        return Request("GET", f"{self.path}/{path}", params, node=self.node)


def uses_of(ports: Ports, around: Surroundings, files: Collection[str], gone: Container[int] = ()) -> Uses:
    """Return who has each of the files; ``gone`` are guests that do not count, as they go with all their snapshots."""
    if not files:
        return {}
    guests = [
        _guest(vmid, row) for vmid, row in sorted(around.guests.items()) if vmid not in gone and _can_have(row, files)
    ]
    found: dict[str, list[Use]] = {
        file: [Use("what the token is not allowed to see")] if _blind(ports) else [] for file in files
    }
    for guest, snapshot, config in _configurations(ports, guests):
        for file, uses in found.items():
            if config is None:
                uses.append(Use(guest.who, vmid=guest.vmid, snapshot=snapshot))
            else:
                uses += [Use(guest.who, key, guest.vmid, snapshot) for key in keys_naming(config, file)]
    return {file: tuple(uses) for file, uses in found.items()}


def _guest(vmid: int, row: Mapping[str, object]) -> _Guest:
    return _Guest(vmid, str(row.get("type")), str(row.get("node")), str(row.get("name") or vmid))


def _can_have(row: Mapping[str, object], files: Collection[str]) -> bool:
    """Whether a guest of this type can have one of the files: a container has no drives, and a hook script at most."""
    return row.get("type") != "lxc" or any(":snippets/" in file for file in files)


def _configurations(ports: Ports, guests: list[_Guest]) -> Iterator[tuple[_Guest, str, Mapping[str, str] | None]]:
    """Yield what each guest has now and is about to have, and what each of its snapshots has; None for what cannot be read."""
    run = ports.cluster.run_all
    states = run([call(guest.read("pending")) for guest in guests])
    yield from ((guest, "", _pending(state)) for guest, state in zip(guests, states, strict=True))
    saved: list[tuple[_Guest, str]] = []
    for guest, rows in zip(guests, run([call(guest.read("snapshot")) for guest in guests]), strict=True):
        if not isinstance(rows, list):
            yield guest, "", None
            continue
        saved += [(guest, str(row["name"])) for row in rows if row.get("name") != _NOW]
    configs = run([call(guest.read("config", snapshot=name)) for guest, name in saved])
    for (guest, name), config in zip(saved, configs, strict=True):
        yield guest, name, {k: str(v) for k, v in config.items()} if isinstance(config, Mapping) else None


def _pending(rows: object) -> Mapping[str, str] | None:
    """Return the texts of all options, both of them where a change is pending: a running guest has the old one until then."""
    if not isinstance(rows, list):
        return None
    return {str(row.get("key")): f"{row.get('value', '')}\n{row.get('pending', '')}" for row in rows}


def _blind(ports: Ports) -> bool:
    """Whether there may be guests that the token does not see."""
    try:
        granted = ports.cluster.run(call(Request("GET", "/access/permissions")))
    except ApiError:
        return True
    if not isinstance(granted, Mapping) or not allowed(granted, _EVERYWHERE, _SEE):
        return True
    return any(path.startswith(f"{_EVERYWHERE}/") and not allowed(granted, path, _SEE) for path in granted)
