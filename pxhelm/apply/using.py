"""Which guests have something on a storage that shall go: Proxmox would take its definition away from under them.

A disk, a medium in a drive, a hook script: every value of a configuration that names the storage. Who cannot be read counts
as a user. Reads only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from pxhelm.apply.ports import Ports
from pxhelm.plan.observe import View
from pxhelm.proxmox.request import Request, call

_PROSE = ("description", "name", "hostname", "tags")


def using(ports: Ports, view: View, storages: Collection[str], gone: Collection[int]) -> dict[str, tuple[int, ...]]:
    """Return the VMIDs of the guests that use each storage, without those that go as well."""
    rows = {vmid: row for vmid, row in view.surroundings.guests.items() if storages and vmid not in gone}
    reads = [
        call(Request("GET", f"/nodes/{row['node']}/{row['type']}/{vmid}/config", node=str(row["node"])))
        for vmid, row in rows.items()
    ]
    found: dict[str, list[int]] = {name: [] for name in storages}
    for vmid, answer in zip(rows, ports.cluster.run_all(reads), strict=True):
        for name in storages:
            if not isinstance(answer, Mapping) or uses(answer, name):
                found[name].append(vmid)
    return {name: tuple(sorted(vmids)) for name, vmids in found.items()}


def uses(config: Mapping[str, object], storage: str) -> bool:
    """Whether a guest's configuration names a volume of the storage, or the storage itself."""
    volume = re.compile(rf"(?:^|[,=]){re.escape(storage)}:")
    texts = (str(value) for name, value in config.items() if name not in _PROSE)
    return config.get("vmstatestorage") == storage or any(volume.search(text) for text in texts)
