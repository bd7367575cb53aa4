"""An object as wanted and as found, in one canonical form: a flat map from leaf path to value.

Paths are those of the normal form in kinds.md: ``cpu.cores``, ``disks.scsi0.size``, ``networks.net0.bridge``,
``config.migrate_speed``. Canonical values: sizes in bytes, rates in bytes/s, durations in seconds, sets as sorted
tuples, everything else as JSON scalars. Unset leaves are not in the map.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from pxhelm.errors import Where
from pxhelm.resource.identity import Marker, ObjectKey
from pxhelm.secret import Secret


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret is read (kinds.md 2.3): resolved by an edge, never printed, never stored."""

    source: str
    """``env``, ``file``, ``command``, ``secretRef``, or ``document``: a text in which others are filled in."""
    name: str = ""
    """Variable, file, or name of the Secret."""
    key: str = ""
    """Key in the Secret."""
    command: tuple[str, ...] = ()
    document: str = ""
    """JSON with ``{"valueFrom": …}`` wherever a secret stands."""

    def __str__(self) -> str:
        parts = (self.name, self.key, self.document)
        words = " ".join(self.command) if self.command else "/".join(part for part in parts if part)
        return f"{self.source}:{words}"


Value = None | bool | int | float | str | Secret | SecretSource | tuple[object, ...]
Leaves = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Reference:
    """An edge to another object: managed (same release or store) or live in the cluster."""

    path: str
    """The leaf that refers."""
    kinds: tuple[str, ...]
    """Kinds it may name, in order of lookup."""
    namespace: str
    name: str
    back: bool = False
    """It names what belongs to it, and does not wait for what names it as well."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One object as a manifest asks for it, in normal form."""

    key: ObjectKey
    leaves: Leaves
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    """Paths forced back to Proxmox' default (``spec.unset``)."""
    absent: tuple[str, ...] = ()
    """Device paths to remove though never applied (``absent: true``), such as ``disks.ide3``."""
    references: tuple[Reference, ...] = ()
    called: str = ""
    """Proxmox' id of what is no guest, by which references may name it as well; empty when nobody told."""
    text: str = ""
    """The manifest document, as stored with the release."""
    where: Where | None = None
    locate: Callable[[str], Where] | None = None
    """From a leaf path to the file, line and column of the manifest that wrote it."""


class Existence(Enum):
    """Three-valued: unknown is never treated as absent (engine.md D4.4)."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Live:
    """One object as Proxmox has it."""

    existence: Existence
    intended: Leaves = field(default_factory=dict)
    """Current merged with pending: what a diff compares with."""
    current: Leaves = field(default_factory=dict)
    """What the running guest has: what readiness compares ``intended`` with."""
    raw: Mapping[str, str] = field(default_factory=dict)
    """Proxmox' own keys and texts (intended), from which property strings are re-printed whole (D5.5)."""
    digest: str = ""
    node: str = ""
    vmid: int = 0
    power: str = ""
    """``running``, ``stopped``, ``paused``; empty for what has none."""
    run: str = ""
    """The process that runs: node and PID, another one after a restart or a migration; empty when it was not asked for."""
    lock: str = ""
    """What is under way with it, so that nothing is written meanwhile; empty = nothing."""
    uuid: str = ""
    marker: Marker | None = None
    reason: str = ""
    """Why existence is unknown."""

    @property
    def held(self) -> str:
        """Return what its lock says, as a sentence."""
        return f"the guest {self.vmid} is locked ({self.lock})" if self.vmid else f"it is locked: {self.lock}"


ABSENT = Live(Existence.ABSENT)


@dataclass(frozen=True, slots=True)
class Target:
    """Which thing in the cluster an object is bound to (or reserved for)."""

    key: ObjectKey
    uid: str
    node: str = ""
    vmid: int = 0
    """0 for kinds with a natural key."""
    uuid: str = ""
    """SMBIOS UUID recorded or chosen for a QEMU guest."""
    marker: Marker | None = None
    """The marker to write, or the one the guest must carry."""
    row: Mapping[str, object] = field(default_factory=dict)
    """The guest's row of ``/cluster/resources``, when the caller has one: node and pool are then not asked again."""
    wants: frozenset[str] = frozenset()
    """What of a guest is read besides its configuration, each by further requests: ``ha``, ``firewall``."""
    fresh: bool = False
    """Ask for the power state, since rows lag up to ten seconds behind (pvestatd); without a row it is asked anyway."""
    tag: str = ""
    """The tag that guests of ours carry for people (``guest_tag``); empty = none."""
    mirrored: tuple[str, ...] = ()
    """Tags that its labels are in Proxmox (``label_tags``)."""
    stale: tuple[str, ...] = ()
    """Tags that labels were, and are no more."""

    @property
    def beside(self) -> frozenset[str]:
        """Return the tags that stand beside those of the manifest."""
        return frozenset((*self.mirrored, *self.stale, *((self.tag,) if self.tag else ())))
