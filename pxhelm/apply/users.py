"""Who has a file of a storage: every guest is read, and every snapshot of every guest. Reads only.

What cannot be seen counts as a user (engine.md I7): a guest that cannot be read, and the guests that the token is not
allowed to see, which Proxmox leaves out of its lists without a word.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from pxhelm.apply.ports import Ports
from pxhelm.plan.rights import allowed
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import Request, call
from pxhelm.resource.kind import Surroundings
from pxhelm.resource.uses import Use, Uses, keys_naming

_EVERYWHERE = "/vms"
_SEE = "VM.Audit"
_MOMENT = 2.0
"""Seconds for which what guests have is taken to hold."""
_NOW = "current"
"""What Proxmox lists among the snapshots of a guest: the guest as it is."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest as the cluster lists it."""

    vmid: int
    type: str
    node: str
    name: str

    @classmethod
    def of(cls, vmid: int, row: Mapping[str, object]) -> Guest:
        """Return the guest of a row of ``/cluster/resources``."""
        return cls(vmid, str(row.get("type")), str(row.get("node")), str(row.get("name") or vmid))

    @property
    def path(self) -> str:
        """Return where it is asked."""
        return f"/nodes/{self.node}/{self.type}/{self.vmid}"

    @property
    def who(self) -> str:
        """Return what it is called: ``VM 101 (web)``."""
        return f"{'CT' if self.type == 'lxc' else 'VM'} {self.vmid} ({self.name})"

    def read(self, path: str, **params: str) -> Request:
        """Return a question about it."""
        return Request("GET", f"{self.path}/{path}", params, node=self.node)


@dataclass(slots=True)
class Census:
    """What all guests have, asked once for files that are to go within moments of each other. One at a time may ask."""

    at: float = -inf
    answers: tuple[tuple[Guest, str, Mapping[str, str] | None], ...] = ()

    def of(self, ports: Ports, guests: Sequence[Guest]) -> Iterable[tuple[Guest, str, Mapping[str, str] | None]]:
        """Return the configurations of the guests, as ``configurations`` does, or as they were a moment ago."""
        if ports.now() - self.at > _MOMENT:
            self.answers = tuple(configurations(ports, guests))
            self.at = ports.now()
        return self.answers


def uses_of(
    ports: Ports,
    around: Surroundings,
    files: Collection[str],
    gone: Container[int] = (),
    census: Census | None = None,
) -> Uses:
    """Return who has each of the files; ``gone`` are guests that do not count, as they go with all their snapshots.

    With a ``census`` all guests are asked, for files of others as well; what is gone then has to be gone.
    """
    if not files:
        return {}
    guests = [Guest.of(vmid, row) for vmid, row in sorted(around.guests.items()) if vmid not in gone]
    found: dict[str, list[Use]] = {
        file: [Use("what the token is not allowed to see")] if _blind(ports) else [] for file in files
    }
    names = _names(ports, files)
    able = [guest for guest in guests if _can_have(guest, files)]
    for guest, snapshot, config in census.of(ports, guests) if census else configurations(ports, able):
        for file, uses in found.items():
            if config is None:
                uses.append(Use(guest.who, vmid=guest.vmid, snapshot=snapshot))
            else:
                uses += [Use(guest.who, key, guest.vmid, snapshot) for key in keys_naming(config, names[file])]
    return {file: tuple(uses) for file, uses in found.items()}


def _names(ports: Ports, files: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return what each file is called: several storages may be defined for one place, and a guest may name any of them."""
    try:
        rows = ports.cluster.run(call(Request("GET", "/storage")))
    except ApiError:
        rows = ()
    places = {str(row["storage"]): _place(row) for row in rows} if isinstance(rows, list) else {}
    found = {}
    for file in files:
        storage, _, rest = file.partition(":")
        same = [name for name, place in places.items() if any(place) and place == places.get(storage)]
        found[file] = tuple(f"{name}:{rest}" for name in dict.fromkeys((storage, *same)))
    return found


def _place(row: Mapping[str, object]) -> tuple[str, ...]:
    where = tuple(str(row.get(key) or "") for key in ("server", "export", "share", "subdir"))
    return where if any(where) else (str(row.get("path") or ""),)


def _can_have(guest: Guest, files: Collection[str]) -> bool:
    """Whether a guest of this type can have one of the files: a container has no drives, and a hook script at most."""
    return guest.type != "lxc" or any(":snippets/" in file for file in files)


def configurations(ports: Ports, guests: Sequence[Guest]) -> Iterator[tuple[Guest, str, Mapping[str, str] | None]]:
    """Yield what each guest has now and is about to have, and what each of its snapshots has; None for what cannot be read."""
    run = ports.cluster.run_all
    states = run([call(guest.read("pending")) for guest in guests])
    yield from ((guest, "", _pending(state)) for guest, state in zip(guests, states, strict=True))
    saved: list[tuple[Guest, str]] = []
    for guest, rows in zip(guests, run([call(guest.read("snapshot")) for guest in guests]), strict=True):
        if not isinstance(rows, list):
            yield guest, "", None
            continue
        saved += [(guest, str(row["name"])) for row in rows if row.get("name") != _NOW]
    configs = run([call(guest.read("config", snapshot=name)) for guest, name in saved])
    for (guest, name), config in zip(saved, configs, strict=True):
        yield guest, name, {k: str(v) for k, v in config.items()} if isinstance(config, Mapping) else None


def _pending(rows: object) -> Mapping[str, str] | None:
    """Return the texts of all options; two lines where a change is pending: a running guest has the old one until then."""
    if not isinstance(rows, list):
        return None
    return {str(row.get("key")): "\n".join(str(row[of]) for of in ("value", "pending") if of in row) for row in rows}


def _blind(ports: Ports) -> bool:
    """Whether there may be guests that the token does not see."""
    try:
        granted = ports.cluster.run(call(Request("GET", "/access/permissions")))
    except ApiError:
        return True
    if not isinstance(granted, Mapping) or not allowed(granted, _EVERYWHERE, _SEE):
        return True
    return any(path.startswith(f"{_EVERYWHERE}/") and not allowed(granted, path, _SEE) for path in granted)
