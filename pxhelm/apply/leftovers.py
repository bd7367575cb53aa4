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


def leftovers(ports: Ports, view: View, going: Iterable[Live]) -> dict[int, str]:
    """Return the image that goes with each guest, by VMID; the first of several that share one takes it along."""
    found: dict[str, Live] = {}
    gone = sorted((live for live in going if live.vmid), key=lambda live: live.vmid)
    for live in gone:
        file = attached(live)[1]
        if file:
            found.setdefault(file, live)
    if not found:
        return {}
    others = _others(ports, view, found.values(), {live.vmid for live in gone})
    return {live.vmid: file for file, live in found.items() if not any(file in text for text in others)}


def _others(ports: Ports, view: View, near: Iterable[Live], gone: set[int]) -> list[str]:
    """Return the configurations of the guests that stay, where an image of those that go can be reached."""
    around = view.surroundings
    files = {attached(live)[1].partition(":")[0]: live.node for live in near}
    shared = any(_is_shared(around, node, storage) for storage, node in files.items())
    rows = [
        row
        for vmid, row in around.guests.items()
        if vmid not in gone and row.get("type") == "qemu" and (shared or row.get("node") in files.values())
    ]
    reads = [
        call(Request("GET", f"/nodes/{row['node']}/qemu/{row['vmid']}/config", node=str(row["node"]))) for row in rows
    ]
    answers = ports.cluster.run_all(reads)
    unknown = any(not isinstance(answer, Mapping) for answer in answers)
    every = " ".join(attached(live)[1] for live in near) if unknown else ""
    return [every, *(str(value) for a in answers if isinstance(a, Mapping) for value in a.values())]


def _is_shared(around: Surroundings, node: str, storage: str) -> bool:
    row = around.storages.get((node, storage))
    return row is None or bool(row.get("shared"))
