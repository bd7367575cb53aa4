"""What would be left over when guests go: the images of their cloud-init documents, unless somebody else has one in a drive.

Guests with the same documents share an image, and anybody may have put it into another guest's drive; so every other guest
that can reach its storage is read. Who cannot be read counts as a user. Reads only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pxhelm.apply.ports import Ports
from pxhelm.plan.observe import View
from pxhelm.proxmox.request import Request, call
from pxhelm.resource.guest_seed import attached
from pxhelm.resource.kind import Surroundings
from pxhelm.resource.model import Live


def leftovers(ports: Ports, view: View, going: Iterable[Live], leaving: Iterable[Live] = ()) -> dict[int, str]:
    """Return the image that goes with each guest, by VMID; the first of several that share one takes it along.

    ``leaving`` are guests that stay and get other documents: the image in their drive goes when only they have it.
    """
    gone = sorted((live for live in going if live.vmid), key=lambda live: live.vmid)
    left = [live for live in leaving if attached(live)[1]]
    found: dict[str, Live] = {}
    for live in gone:
        file = attached(live)[1]
        if file:
            found.setdefault(file, live)
    if not found and not left:
        return {}
    users = _users(ports, view, (*found.values(), *left), {live.vmid for live in gone})
    alone = {live.vmid: file for file, live in found.items() if not users[file]}
    return alone | {live.vmid: attached(live)[1] for live in left if users[attached(live)[1]] <= {live.vmid}}


def _users(ports: Ports, view: View, near: Iterable[Live], gone: set[int]) -> dict[str, set[int]]:
    """Return the guests that stay and have an image in a drive, by image, among those that can reach it."""
    around, images = view.surroundings, {attached(live)[1]: live.node for live in near}
    shared = any(_is_shared(around, node, file.partition(":")[0]) for file, node in images.items())
    rows = {
        vmid: row
        for vmid, row in around.guests.items()
        if vmid not in gone and row.get("type") == "qemu" and (shared or row.get("node") in images.values())
    }
    reads = [
        call(Request("GET", f"/nodes/{row['node']}/qemu/{vmid}/config", node=str(row["node"])))
        for vmid, row in rows.items()
    ]
    users: dict[str, set[int]] = {file: set() for file in images}
    for vmid, answer in zip(rows, ports.cluster.run_all(reads), strict=True):
        texts = [str(value) for value in answer.values()] if isinstance(answer, Mapping) else None
        for file in images:
            if texts is None or any(file in text for text in texts):
                users[file].add(vmid)
    return users


def _is_shared(around: Surroundings, node: str, storage: str) -> bool:
    row = around.storages.get((node, storage))
    return row is None or bool(row.get("shared"))
