"""Replacement: when an object may be made anew, and what must not be pinned for the new one to be made first (engine.md D7.3).

Pure. With ``replace-policy: CreateFirst`` the old guest stands aside, under a name of its own, until the new one is ready.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pxhelm.plan.subject import Subject
from pxhelm.resource.aside import is_replaced, original
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Leaves, Resource

POLICY = "pxhelm.io/replace-policy"
FIRST = "first"
"""Way of an object that is made anew before the old one goes."""
COLLECTED = "collected"
"""Way of a file that goes since its object has another one."""


def allowed(wanted: Resource, told: Collection[str]) -> bool:
    """Whether an object may be destroyed and made anew: its annotation says so, or the command with its address or ``*``."""
    return wanted.annotations.get(POLICY) in ("Recreate", "CreateFirst") or bool({"*", wanted.key.address} & set(told))


def made_first(s: Subject) -> bool:
    """Whether an object that has to be replaced is made anew before the old one goes."""
    return s.desired is not None and s.desired.annotations.get(POLICY) == "CreateFirst"


def pinned(leaves: Leaves) -> tuple[str, ...]:
    """Return the leaves that two guests cannot have at once."""
    return tuple(sorted(path for path, value in leaves.items() if _pins(path, value)))


def _pins(path: str, value: object) -> bool:
    family, _, leaf = path.partition(".")
    if path in ("vmid", "smbios.uuid", "vmGenerationID"):
        return True
    if family != "networks":
        return False
    name = leaf.rpartition(".")[2]
    return name == "mac" or (name in ("ip", "ip6") and str(value) not in ("dhcp", "auto", "manual"))


def refusal(s: Subject) -> str:
    """Return why the new one cannot be made first; empty when it can."""
    if not s.kind.guest:
        return f"cannot replace {s.key.address}: CreateFirst is for guests"
    found = pinned(s.desired.leaves) if s.desired is not None else ()
    if found:
        return f"cannot make {s.key.address} anew first: the old one has {', '.join(found)} until it is gone"
    return "" if s.spare is not None and s.spare.vmid else f"cannot make {s.key.address} anew first: no VMID is free"


def left_behind(subjects: Iterable[Subject]) -> tuple[ObjectKey, ...]:
    """Return the objects for which others stand aside already: those go when these are ready."""
    return tuple(original(s.key) for s in subjects if s.desired is None and is_replaced(s.key))
