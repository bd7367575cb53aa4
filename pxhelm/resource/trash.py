"""What is in the trash: how its object and its guest are called, and for how long it stays (``deletion-policy: Trash(7d)``).

The object keeps its uid, its VMID and its marker under a name that no manifest can have, so the name is free for another one.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.quantities import read_duration

POLICY = re.compile(r"Trash\((?P<ttl>[0-9dhms.]+)\)")
TAG = "trash"
_PREFIX = "trash-"
_MARK = re.compile(r"~trash-\d+$")


def trashed_key(key: ObjectKey, vmid: int) -> ObjectKey:
    """Return the key of an object that is in the trash."""
    return replace(key, name=f"{key.name}~trash-{vmid}")


def is_trashed(key: ObjectKey) -> bool:
    """Whether an object is in the trash."""
    return bool(_MARK.search(key.name))


def original(key: ObjectKey) -> ObjectKey:
    """Return the key that an object in the trash had before."""
    return replace(key, name=_MARK.sub("", key.name))


def guest_name(name: str) -> str:
    """Return how Proxmox shows a guest that is in the trash: a DNS name."""
    return name if name.startswith(_PREFIX) else f"{_PREFIX}{name}"[:63].rstrip("-.")


def seconds_of(policy: str) -> float:
    """Return for how long ``Trash(7d)`` keeps; ValueError for anything else."""
    found = POLICY.fullmatch(policy)
    if found is None:
        raise ValueError(f"it is {policy!r}")
    return float(read_duration(found["ttl"]))
