"""Grow the disks of guests, and make templates of them.

Both stand beside the manifest: a managed guest's should say the same, which the door tells.
"""

from __future__ import annotations

from dataclasses import dataclass

from pxhelm.actions.inspect import Found
from pxhelm.actions.operate import Call, Means, address_of
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.proxmox.request import ApiGen


@dataclass(frozen=True, slots=True)
class Resize:
    """Grow a disk: an ``Operation``."""

    disk: str
    """Slot, such as ``scsi0`` or ``rootfs``."""
    size: str
    """``50G``, or ``+10G`` for what it shall grow by."""
    verb: str = "resize"

    @property
    def done(self) -> str:
        """The participle, with the size."""
        return (
            f"{self.disk} resized to {self.size}" if self.size[:1] != "+" else f"{self.disk} grown by {self.size[1:]}"
        )

    def run(self, means: Means) -> ApiGen[str]:
        """Grow it."""
        yield from means.write(Call("/resize", {"disk": self.disk, "size": self.size}, "PUT"))
        return self.done

    def explain(self, error: PxhelmError, _guest: Found, /) -> PxhelmError:
        """Say that disks never shrink."""
        if "shrink" in error.message:
            error.hint = "disks only grow"
        return error


@dataclass(frozen=True, slots=True)
class MakeTemplate:
    """Make a template of a guest, for good: an ``Operation``."""

    verb: str = "template"

    @property
    def done(self) -> str:
        """The participle."""
        return "made a template"

    def run(self, means: Means) -> ApiGen[str]:
        """Convert it; it has to be stopped."""
        if means.guest.template:
            return "already a template"
        if means.guest.row.get("status") == "running":
            raise PxhelmError(
                f"cannot make a template of {address_of(means.guest)}: it is running",
                code=ExitCode.REFUSED,
                hint="stop it first",
            )
        yield from means.write(Call("/template"))
        return self.done

    def explain(self, error: PxhelmError, _guest: Found, /) -> PxhelmError:
        """Return the failure as it is."""
        return error
