"""``pxhelm vm``: create, start, stop, restart, delete virtual machines."""

from __future__ import annotations

from pxhelm.cli.guests import GuestKind, guest_group

command = guest_group(GuestKind("VirtualMachine", "vm", "virtual machine"))
