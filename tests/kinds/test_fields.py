"""Every field of a kind that Proxmox has is compared with it, or there is a reason that it is not.

A field that is neither compared nor of one of these sorts is never written, and every plan says that all is well.
"""

import pytest

from pxhelm.kinds import KINDS

STEERING = ("placement.", "power.", "readiness.", "cloudInit.drive.", "cloudInit.delivery", "cloudInit.seedStorage")
"""What says how to work on a guest, and is no state of it."""
OURS = (*STEERING, "disks.*.reclaimPolicy", "mounts.*.reclaimPolicy", "guests.selector.*")


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if not kind.store_only], ids=lambda kind: kind.name)
def test_every_field_is_compared(kind):
    blind = [
        each.path
        for each in kind.fields
        if not (each.wire or each.same or each.creation_only or each.write_only) and not each.path.startswith(OURS)
    ]
    assert blind == []
