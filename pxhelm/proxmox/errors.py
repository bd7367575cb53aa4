"""What an error of Proxmox VE means, decided by its text in one table (engine.md D10).

Proxmox answers almost every failure with status 500 and a sentence. ``classify`` turns status and sentence into one of a
closed set of classes; nobody else looks at the words. Never decides what to do about an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache

from pxhelm.errors import PxhelmError


class ErrorClass(Enum):
    """What kind of failure it is, and so what helps."""

    BUSY = "busy"
    """Something holds a lock; ``what`` is the lock. Waiting helps."""
    TRANSIENT = "transient"
    """The server or the way to it failed; whether a write happened may be unknown. Trying again later helps."""
    QUORUM = "quorum"
    """The cluster accepts no writes now."""
    CAS = "cas"
    """The configuration changed since it was read. Reading and planning again helps."""
    TAKEN = "taken"
    """What was to be created exists; ``what`` is it."""
    GONE = "gone"
    """What was asked for, or referred to, does not exist (here); ``what`` is it."""
    DENIED = "denied"
    """Not authenticated, or a right is missing; ``what`` is the right."""
    INVALID = "invalid"
    """The request can never succeed as it is."""
    RESOURCE = "resource"
    """Space, memory or a storage is missing now."""
    STOPPED = "stopped"
    """The guest would have to run."""
    RUNNING = "running"
    """The guest would have to be stopped."""
    IN_USE = "in-use"
    """Something else depends on it."""
    PROTECTED = "protected"
    """It is protected from being removed or changed."""
    GUEST = "guest"
    """The system inside the guest does not answer or does not let go of a device."""
    INTERRUPTED = "interrupted"
    """Somebody stopped the task."""
    LOST = "lost"
    """How the task ended is unknown."""
    SERVER = "server"
    """Proxmox itself failed at an unexpected place."""
    FAILED = "failed"
    """None of the above: the text is all there is."""

    @property
    def passes(self) -> bool:
        """Whether the same request may succeed later without anybody changing it."""
        return self in _PASSING


_PASSING = frozenset(
    (ErrorClass.BUSY, ErrorClass.TRANSIENT, ErrorClass.QUORUM, ErrorClass.RESOURCE, ErrorClass.GUEST, ErrorClass.LOST)
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A class, and the thing the text names: a lock, an object, a right."""

    cls: ErrorClass
    what: str = ""


_QUOTES = str.maketrans("", "", "'()")

# First match wins. ``what`` is the text of the group whose name begins so; another group's name goes before it. The texts are those recorded from PVE 9.2.11, and
# where marked § read in its sources, because the recording machine could not produce them.
_TABLE: tuple[tuple[ErrorClass, str], ...] = (
    (ErrorClass.QUORUM, r"no quorum"),
    (ErrorClass.QUORUM, r"unable to open file '/etc/pve/.*' - (?:Permission denied|Read-only file system)"),
    (ErrorClass.BUSY, r"(?:VM|CT) is locked \((?P<what>[\w-]+)\)"),
    (ErrorClass.BUSY, r"can't (?:lock file|aquire lock|acquire lock) '(?P<what>[^']*)'"),
    (ErrorClass.BUSY, r"cfs-lock '(?P<what>[^']*)' error|got lock request timeout|got lock timeout"),  # §
    (ErrorClass.BUSY, r"invalid (?P<what>lock) token provided"),  # §
    (ErrorClass.CAS, r"checksum mismatch \(file change|detected modified configuration"),
    (ErrorClass.LOST, r"^unexpected status"),  # §
    (ErrorClass.INTERRUPTED, r"received interrupt|interrupted by signal"),
    (ErrorClass.GUEST, r"hotplug problem - (?P<what>.*)"),
    (
        ErrorClass.GUEST,
        r"quit/powerdown failed|did not stop|guest agent (?:configured|is not running)|QMP command|VM \d+ qga",
    ),
    (ErrorClass.INVALID, r"property is (?:missing|not defined)|does not have a value in the enumeration|type check \("),
    (
        ErrorClass.INVALID,
        r"invalid (?:boot|format|ACL path)|requires special syntax|validation error|is not executable",
    ),
    (ErrorClass.GONE, r"Permission check failed \((?P<what>pool '[^']*') does not exist\)"),
    (ErrorClass.DENIED, r"Permission check failed(?: \((?P<what>[^\n]*?)\)?$)?"),
    (ErrorClass.DENIED, r"[Oo]nly root (?:may|can)|only allowed for root@pam|requires 'Permissions\.Modify'"),
    (ErrorClass.DENIED, r"No ticket|[Aa]uthentication fail|invalid csrf token|no such (?:user|token).*ticket"),
    (ErrorClass.PROTECTED, r"protection mode enabled|remove protected volume|auto-generated role"),
    (
        ErrorClass.IN_USE,
        r"(?P<what>[\w ]+'[^']*') is not empty|still in use|used in HA resources|is used by|contains snapshots",
    ),
    (ErrorClass.TAKEN, r"unable to create (?P<what>(?:VM|CT) \d+): config file already exists"),
    (ErrorClass.TAKEN, r"(?:.*[-:] )?(?P<what>(?:[^':\n]|'[^']*')*?),? already (?:exists|defined|used)"),
    (ErrorClass.TAKEN, r"(?P<what>VM \d+) (?:belongs already to|is already a) pool"),
    (ErrorClass.RUNNING, r"already running|is running|if VM is running|migrate running"),
    (ErrorClass.STOPPED, r"not running"),
    (
        ErrorClass.RESOURCE,
        r"No space left|(?:not enough|insufficient|out of) (?:free )?(?:space|memory)|Cannot allocate memory",
    ),  # §
    (
        ErrorClass.RESOURCE,
        r"(?P<what>storage '[^']*') is (?:disabled|not (?:available|online))|free VMID|vcpus allowed",
    ),
    (ErrorClass.TRANSIENT, r"Can't connect to|[Cc]onnection (?:refused|reset|timed out)|No route to host|Broken pipe"),
    (ErrorClass.GONE, r"Configuration file 'nodes/[^/]*/(?P<what>[\w-]+/\d+)\.conf' does not exist"),
    (ErrorClass.GONE, r"unable to find configuration file for (?P<what>(?:VM|CT) \d+)"),
    (ErrorClass.GONE, r"(?:.*[:-] )?(?P<what>(?:[^':\n]|'[^']*')*?) does not exist|failed to stat (?P<what_file>'.*')"),
    (ErrorClass.GONE, r"no such (?!option|file)(?P<what>[^\n]*)|could not find target (?P<what_guest>VM \d+)"),
    (ErrorClass.GONE, r"(?P<what_map>(?:pci|usb|dir|PCI|USB) mapping '[^']*') (?:not found|does not exist)"),
    (ErrorClass.GONE, r"No such (?P<what>job|storage)|hostname lookup '(?P<node>[^']*)' failed|no rule at position"),
    (
        ErrorClass.GONE,
        r"not HA managed|is not a pool member|unmanaged resource|non-existent node|(?:none|Custom.*) not (?:existing|found)",
    ),
    (
        ErrorClass.INVALID,
        r"malformed JSON|not a valid|does not match|unable to parse|unknown (?:option|macro|action)|unexpected property",
    ),
    (
        ErrorClass.INVALID,
        r"[Pp]arameter verification failed|no options specified|format error|missing value for required option",
    ),
    (
        ErrorClass.INVALID,
        r"is invalid|not (?:supported|allowed|available|implemented|identical)|no such (?:option|file)|does not support",
    ),
    (
        ErrorClass.INVALID,
        r"unable to (?:delete|modify) (?:required|read-only)|can't change value of fixed|reserved name|no formatter",
    ),
    (
        ErrorClass.INVALID,
        r"you can't|can't (?:clone|use storage)|cannot (?:be )?use|must (?:be|have|not)|same size|specified size|shrink",
    ),
    (
        ErrorClass.INVALID,
        r"too large|boundary rule|wrong (?:interface|content|file)|already attached|no format|content type needs",
    ),
    (
        ErrorClass.INVALID,
        r"checksum mismatch: got|No replicatable volumes|missing replicate feature|mount points configured, but",
    ),
    (ErrorClass.INVALID, r"is not a (?:VM|CT)\b|migrated to rules|Unexpected content|not in a cluster"),
    (ErrorClass.SERVER, r" at /usr/share/perl5/"),
)

_BY_STATUS = {
    400: ErrorClass.INVALID,
    401: ErrorClass.DENIED,
    403: ErrorClass.DENIED,
    408: ErrorClass.TRANSIENT,
    424: ErrorClass.INVALID,
    429: ErrorClass.TRANSIENT,
    501: ErrorClass.INVALID,
    502: ErrorClass.TRANSIENT,
    503: ErrorClass.TRANSIENT,
    504: ErrorClass.TRANSIENT,
    506: ErrorClass.INVALID,
}


@cache
def _compiled() -> tuple[tuple[ErrorClass, re.Pattern[str]], ...]:
    return tuple((cls, re.compile(pattern)) for cls, pattern in _TABLE)


def classify(status: int, message: str, errors: Mapping[str, str] | None = None) -> Verdict:
    """Return what an answer means; ``status`` 0 is the end of a task, ``errors`` are those by parameter.

    Several bad parameters have a class together only if all have the same.
    """
    if 595 <= status <= 599:
        return Verdict(ErrorClass.TRANSIENT)
    if errors:
        verdicts = [_by_text(text) or Verdict(ErrorClass.INVALID) for text in errors.values()]
        return verdicts[0] if len({v.cls for v in verdicts}) == 1 else Verdict(ErrorClass.INVALID)
    found = _by_text(message)
    if found is not None and (status not in _BY_STATUS or found.cls is not ErrorClass.SERVER):
        return found
    return Verdict(_BY_STATUS.get(status, ErrorClass.FAILED))


def _by_text(text: str) -> Verdict | None:
    for cls, pattern in _compiled():
        match = pattern.search(text)
        if match is not None:
            group, text_found = next(((k, v) for k, v in match.groupdict().items() if v), ("what", ""))
            words = text_found.translate(_QUOTES).split()
            return Verdict(cls, " ".join(words if group.startswith("what") else [group, *words]))
    return None


@dataclass(frozen=True, slots=True)
class Failure:
    """Everything that is known about a request that failed."""

    method: str
    path: str
    status: int = 0
    """The HTTP status; 0 when there was no answer."""
    message: str = ""
    """The server's text, whole; for a failure without an answer what went wrong."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """The server's text per parameter."""
    sent: bool = True
    """False only when the request certainly did not reach a server."""


class ApiError(PxhelmError):
    """Proxmox refused a request, or could not be asked.

    ``cls`` and ``what`` say what it means. Holds no parameter values and no credentials.
    """

    def __init__(self, failure: Failure, *, cls: ErrorClass | None = None, hint: str = "") -> None:
        verdict = classify(failure.status, failure.message, failure.errors)
        self.failure = failure
        self.status = failure.status
        self.errors = dict(failure.errors)
        self.sent = failure.sent
        self.cls = cls or verdict.cls
        self.what = verdict.what
        super().__init__(_sentence(failure), hint=hint or _hint(self.cls, self.what, failure))

    @property
    def text(self) -> str:
        """The server's own words."""
        return self.failure.message.strip()


def _sentence(failure: Failure) -> str:
    if failure.status == 401:
        return f"cannot sign in to the cluster: {failure.message.strip() or 'status 401'}"
    if not failure.sent:
        return f"cannot reach the cluster: {failure.message.strip()}"
    where = f"cannot {failure.method} {failure.path}: "
    if failure.errors:
        listed = "; ".join(f"{name}: {' '.join(text.split())}" for name, text in sorted(failure.errors.items()))
        return f"{where}parameter verification failed: {listed}"
    return where + (failure.message.strip() or f"the server answered with status {failure.status}")


def _hint(cls: ErrorClass, what: str, failure: Failure) -> str:
    if failure.status == 401:
        return "check the token or password of this context; a token is written USER@REALM!TOKENID=SECRET"
    if cls is ErrorClass.DENIED and what.startswith("/"):
        path, _, right = what.partition(", ")
        return f"the user or token needs {right.replace('|', ' or ')} on {path}"
    if cls is ErrorClass.BUSY and failure.status and "/" not in what and what:
        return f"wait until the {what} is over, or see what holds the lock in the task list"
    if cls is ErrorClass.QUORUM:
        return "more than half of the cluster's nodes must be online before anything can be changed"
    return ""
