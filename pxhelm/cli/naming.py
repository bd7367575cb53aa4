"""One guest by name, for commands whose argument is ``vm/NAME``, ``ct/NAME``, ``NAME`` or ``vmid:N``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found
    from pxhelm.actions.services import Services

_GUESTS = ("VirtualMachine", "Container")


def guest_of(services: Services, text: str) -> Found:
    """Return the guest; PxhelmError when there is none, or several."""
    from pxhelm.actions.inspect import find_one, kinds_of

    kind, slash, name = text.rpartition("/")
    kinds = kinds_of(kind) if slash else _GUESTS
    if not set(kinds) <= set(_GUESTS):
        raise PxhelmError(f"{text} is no guest", code=ExitCode.USAGE, hint="vm/NAME, ct/NAME or vmid:N")
    return find_one(services, kinds, name)
