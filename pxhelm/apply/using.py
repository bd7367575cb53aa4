"""Which guests have something on a storage that shall go: Proxmox would take its definition away from under them.

A disk, a medium in a drive, a hook script: every value of a configuration, or of a snapshot's, that names the storage. Who
cannot be read counts as a user. Reads only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from pxhelm.apply.ports import Ports
from pxhelm.apply.users import Guest, configurations
from pxhelm.plan.observe import View

_PROSE = ("description", "name", "hostname", "tags")


def using(ports: Ports, view: View, storages: Collection[str], gone: Collection[int]) -> dict[str, tuple[int, ...]]:
    """Return the VMIDs of the guests that use each storage, without those that go as well."""
    rows = view.surroundings.guests.items() if storages else ()
    guests = [Guest.of(vmid, row) for vmid, row in rows if vmid not in gone]
    found: dict[str, set[int]] = {name: set() for name in storages}
    for guest, _, config in configurations(ports, guests):
        for name in storages:
            if config is None or uses(config, name):
                found[name].add(guest.vmid)
    return {name: tuple(sorted(vmids)) for name, vmids in found.items()}


def uses(config: Mapping[str, str], storage: str) -> bool:
    """Whether a guest's configuration names a volume of the storage, or the storage itself."""
    volume = re.compile(rf"(?:^|[,=]){re.escape(storage)}:", re.MULTILINE)
    texts = (text for name, text in config.items() if name not in _PROSE)
    return storage in config.get("vmstatestorage", "").splitlines() or any(volume.search(text) for text in texts)
