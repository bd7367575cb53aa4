"""What would be left over when guests go: the images of their cloud-init documents, unless somebody else has one in a drive.

Guests with the same documents share an image, and anybody may have put it into another guest's drive; a snapshot has the
image that its guest had then. Reads only.
"""

from __future__ import annotations

from collections.abc import Iterable

from pxhelm.apply.ports import Ports
from pxhelm.apply.users import uses_of
from pxhelm.plan.observe import View
from pxhelm.resource.guest_seed import attached
from pxhelm.resource.model import Live
from pxhelm.resource.uses import Use


def leftovers(ports: Ports, view: View, going: Iterable[Live], leaving: Iterable[Live] = ()) -> dict[int, str]:
    """Return the image that goes with each guest, by VMID; the first of several that share one takes it along.

    ``leaving`` are guests that stay and get other documents: the image in their drive goes when only they have it.
    """
    gone = sorted((live for live in going if live.vmid), key=lambda live: live.vmid)
    left = {live.vmid: file for live in leaving if (file := attached(live)[1])}
    found: dict[str, int] = {}
    for live in gone:
        if file := attached(live)[1]:
            found.setdefault(file, live.vmid)
    uses = uses_of(ports, view.surroundings, {*found, *left.values()}, {live.vmid for live in gone})
    alone = {vmid: file for file, vmid in found.items() if not uses[file]}
    return alone | {vmid: file for vmid, file in left.items() if _leaves_alone(vmid, uses[file])}


def _leaves_alone(vmid: int, uses: Iterable[Use]) -> bool:
    """Whether nobody has the image in a guest's drive but this guest, as it is now."""
    return all(use.vmid == vmid and use.key and not use.snapshot for use in uses)
