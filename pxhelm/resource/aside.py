"""Objects that stand aside: in the trash (``deletion-policy: Trash(7d)``), or replaced by another one that was made first.

Such a guest keeps its uid, its VMID and its marker under a name that no manifest can have, so that its own is free. A file
that its object has no more gets a row of its own under such a name.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.quantities import read_duration

POLICY = re.compile(r"Trash\((?P<ttl>[0-9dhms.]+)\)")
TAG = "trash"
_PREFIX = "trash-"
_MARK = re.compile(r"~(trash|replaced)-[0-9a-f]+$")


def trashed_key(key: ObjectKey, vmid: int) -> ObjectKey:
    """Return the key of an object that is in the trash."""
    return replace(key, name=f"{key.name}~trash-{vmid}")


def replaced_key(key: ObjectKey, vmid: int) -> ObjectKey:
    """Return the key of an object in whose place another one is made, until that is ready."""
    return replace(key, name=f"{key.name}~replaced-{vmid}")


def former_file_key(key: ObjectKey, file: str) -> ObjectKey:
    """Return the key of a file that an object had before it got another one."""
    return replace(key, name=f"{key.name}~replaced-{hashlib.sha256(file.encode()).hexdigest()[:8]}")


def is_trashed(key: ObjectKey) -> bool:
    """Whether an object is in the trash."""
    return _word(key) == "trash"


def is_replaced(key: ObjectKey) -> bool:
    """Whether another object is made in the place of this one."""
    return _word(key) == "replaced"


def is_aside(key: ObjectKey) -> bool:
    """Whether an object stands aside for either reason."""
    return bool(_word(key))


def _word(key: ObjectKey) -> str:
    found = _MARK.search(key.name)
    return found[1] if found else ""


def original(key: ObjectKey) -> ObjectKey:
    """Return the key that an object had before it stood aside."""
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
