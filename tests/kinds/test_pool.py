"""What an older version cannot do with a pool is told by name."""

import pytest

from pxhelm import kinds
from pxhelm.resource.kind import Change, Surroundings
from pxhelm.resource.model import ABSENT, Target

from .conftest import resource

POOL = resource(
    "{apiVersion: proxmox.io/v1, kind: Pool, metadata: {name: b}, spec: {members: {guests: [{vmid: 101}]}}}"
)


@pytest.mark.parametrize(
    ("version", "pool", "why"),
    [
        ("7.4", "a", "moves no guest between pools: take guest 101 out of a first"),
        ("7.4", "b", ""),
        ("7.4", "", ""),
        ("8.4", "a", ""),
    ],
)
def test_guests_move_between_pools_from_version_8(version, pool, why):
    around = Surroundings(version, {"pve1": True}, {101: {"vmid": 101, "type": "qemu", "pool": pool}})
    refused = kinds.KINDS["Pool"].refuse(Change(Target(POOL.key, ""), ABSENT, POOL, surroundings=around))
    assert refused.endswith(why)
    assert bool(refused) is bool(why)
