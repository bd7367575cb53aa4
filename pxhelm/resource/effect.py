"""What a change does to a running guest: the closed, ordered set of engine.md D7."""

from __future__ import annotations

from enum import IntEnum


class Effect(IntEnum):
    """Ordered: the effect of several changes is their maximum."""

    NONE = 0
    METADATA = 1
    """Nobody in the guest notices."""
    ONLINE = 2
    """Takes effect while the guest runs."""
    ONLINE_DISRUPTIVE = 3
    """Takes effect while the guest runs, and is felt (a link flaps)."""
    RESTART = 4
    """Stays pending until the guest is restarted."""
    OFFLINE_OP = 5
    """Needs the guest stopped."""
    REPLACE = 6
    """Cannot be changed in place; refused unless the object's replace policy allows it."""
    REFUSED = 7
    """Never done."""

    @property
    def label(self) -> str:
        """Return the word of engine.md D7, such as ``online-disruptive``."""
        return self.name.lower().replace("_", "-")
