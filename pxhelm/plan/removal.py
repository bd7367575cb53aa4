"""What is said of removals: the ways in which an object may go, what stops one, and how many may go without a word.

Pure; engine.md D11.
"""

from __future__ import annotations

from pxhelm.plan.model import Action, Blocked, Plan
from pxhelm.plan.replacing import COLLECTED
from pxhelm.plan.steering import PREFIX
from pxhelm.plan.subject import Subject
from pxhelm.resource.deletions import Word, check
from pxhelm.resource.guest_remove import DETACH, TRASH

IN_USE = f"point those elsewhere first, or let it stay with {PREFIX}deletion-policy: Retain"
"""What to do about a file that somebody has."""
WAYS = {
    "DetachDisks": (DETACH, "a guest of the name detached-… stays that holds its disks: pxhelm forgets it"),
    "Trash": (TRASH, "it goes into the trash, as {} says: `pxhelm undelete` brings it back"),
}
"""``deletion-policy`` of a guest → its way, and what the plan says of it."""


def protected(s: Subject) -> Blocked:
    """Return the refusal to delete what an annotation protects."""
    message = f"cannot delete {s.key.address}: its annotation {PREFIX}prevent-destroy forbids it"
    return Blocked(s.key, "Refused", message, "apply the manifest without the annotation first")


def locked(s: Subject) -> Blocked:
    """Return the refusal to change a guest that Proxmox has locked."""
    hint = "wait until that is over; pxhelm never unlocks a guest by itself"
    return Blocked(s.key, "Lock", f"cannot change {s.key.address}: {s.live.held}", hint)


def check_deletions(plan: Plan, inventory: int, rendered: int, word: Word) -> None:
    """Refuse a plan that would delete much more than people mean to (engine.md D11.4); PxhelmError (REFUSED).

    ``inventory`` is how many objects there are, ``rendered`` how many are wanted now. What only is let go does not count.
    """
    gone = [o for o in plan.objects if o.action is Action.DELETE and o.way != COLLECTED]
    going = [o for o in gone if any(s.verb != "release" for s in o.steps)]
    check([o.key.address for o in going], inventory, rendered, word)
