"""One write to the cluster, as data: what a plan holds and the journal records.

A step is the smallest thing that is journaled: one request, its task, and the check that it took effect. Steps are
built by a kind from what is known now; after each step the object is observed again and the remaining steps are built
anew, so no stored phase is needed to resume (engine.md D3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from pxhelm.proxmox.request import ApiGen, Request
from pxhelm.resource.effect import Effect
from pxhelm.resource.model import SecretSource


class Guard(Enum):
    """What must hold in the moment before the request is sent (engine.md D2.4)."""

    ABSENT = "absent"
    """Creates: Proxmox' own claim of the VMID or id decides."""
    DIGEST = "digest"
    """The request carries the digest at which the identity was read."""
    IDENTITY = "identity"
    """The object is read again and must carry our identity (start, stop, migrate, destroy)."""
    NONE = "none"
    """Natural keys without a digest: last read decides."""


class Undo(Enum):
    """Whether ``--atomic`` can take the step back (engine.md D15)."""

    REVERSIBLE = "reversible"
    IRREVERSIBLE = "irreversible"


@dataclass(frozen=True, slots=True)
class Errand:
    """What is done from here in place of a request: a page is asked, or a program is run."""

    url: str = ""
    """``http`` or ``https``; it is asked again until it answers as expected, or the limit is over."""
    status: int = 200
    """The status that is expected."""
    insecure: bool = False
    """Whether any certificate will do."""
    command: tuple[str, ...] = ()
    """A program of this machine and its arguments; no shell."""
    environment: Mapping[str, str] = field(default_factory=dict)
    limit: float = 0.0
    """Seconds; 0: a page is asked once, a program may take as long as it likes."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file that is put on a storage past the API, which takes none of its kind."""

    storage: str
    file: str
    """Its name; nothing of a path."""
    content: bytes
    folder: str
    """Where it goes on the node; below the storage's folder when no node is named."""
    node: str = ""
    """Empty: to where the storage is mounted on this machine."""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A write: the request, the leaves it makes true, and what it means for the guest."""

    verb: str
    """``create`` ``clone`` ``config`` ``resize`` ``move`` ``migrate`` ``start`` ``shutdown`` ``stop`` ``restart``
    ``convert`` ``tombstone`` ``destroy`` ``update`` ``delete``."""
    request: Request
    guard: Guard
    leaves: tuple[str, ...] = ()
    """Paths of the leaves that the step makes true (or removes)."""
    effect: Effect = Effect.ONLINE
    undo: Undo = Undo.REVERSIBLE
    frees_bytes: int = 0
    """Bytes of volumes that cease to exist: more than 0 means data is destroyed."""
    why: str = ""
    source: int = 0
    """VMID of the clone's source: admission limits clones per source."""
    storage: str = ""
    """Storage on which volumes are allocated: admission limits allocations per storage."""
    secret_to: SecretSource | None = None
    """Where the secret goes that the answer holds once (``value`` of a new token)."""
    operation: ApiGen[tuple[str, ...]] | None = None
    """Sent in place of the one request where a job takes several: a command in a guest and its end. Returns the lines
    that were printed. Used once."""
    errand: Errand | Delivery | None = None
    """Done in place of asking Proxmox."""
    vmid: int = 0
    """The guest that it is about, when the object is none: by it the task of a lost answer is found."""
    limit: float = 0.0
    """Seconds after which its task is stopped; 0 = never."""
    unseen: str = ""
    """What to look at when it succeeded and nothing of it is to be seen."""
    detail: dict[str, str] = field(default_factory=dict)
    """Words for people: ``{"from": "debian-12-template (9000)"}``."""
