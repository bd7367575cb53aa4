"""``pxhelm container``: create, start, stop, restart, delete containers."""

from __future__ import annotations

from pxhelm.cli.guests import GuestKind, guest_group

command = guest_group(GuestKind("Container", "container", "container"))
