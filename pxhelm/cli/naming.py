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


def choose_guest(services: Services) -> str:
    """Let somebody choose a guest on a terminal, and return its name as ``vm/NAME``; PxhelmError lists them elsewhere."""
    from pxhelm.actions.inspect import Query, find
    from pxhelm.cli.choice import choose

    found = find(services, Query(_GUESTS))
    names = [f"{'ct' if one.kind == 'Container' else 'vm'}/{one.name}" for one in found]
    place = choose("guest", names, several=False)[0]
    return names[place] if names.count(names[place]) == 1 else f"vmid:{found[place].vmid}"
