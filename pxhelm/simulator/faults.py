"""Faults that a simulated cluster can be asked for, and the little language they are written in.

``KIND[=VALUE] [METHOD] [PATH] [#N | #N-M | #N-]``, words separated by blanks::

    drop-request POST /nodes/*/qemu #2     the second creation never arrives
    drop-reply                             every answer is lost, effects stay
    5xx-after-effect=502 PUT */config      the effect happens, the answer is 502
    slow=3 GET                             every read takes three seconds more
    node-crash=pve-node1+2 POST */clone #1 the node dies two seconds after the first clone began
    node-down=pve-node2                    the node is off the network from the start
    quorum-lost                            no quorum from the start
    expired-cert                           the certificate has expired

PATH is a shell pattern of the path below ``/api2/json``; ``#N`` counts the requests that match, from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

KINDS = (
    "drop-request",
    "drop-reply",
    "5xx-after-effect",
    "slow",
    "node-crash",
    "node-down",
    "quorum-lost",
    "expired-cert",
)
_DEFAULTS = {"5xx-after-effect": "502", "slow": "1"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault."""

    kind: str
    value: str = ""
    method: str = ""
    path: str = "*"
    first: int = 1
    last: int = 0
    """0 = for ever."""

    def matches(self, method: str, path: str) -> bool:
        """Tell whether it is about such a request."""
        return self.method in ("", method) and fnmatchcase(path, self.path)


def parse(text: str) -> Fault:
    """Read one fault; ValueError says what is wrong."""
    words = text.split()
    if not words:
        raise ValueError("a fault is empty")
    kind, _, value = words[0].partition("=")
    if kind not in KINDS:
        raise ValueError(f"unknown fault '{kind}': one of {', '.join(KINDS)}")
    method, path, first, last = "", "*", 1, 0
    for word in words[1:]:
        count = re.fullmatch(r"#(\d+)(-(\d+)?)?", word)
        if count:
            first = int(count[1])
            last = int(count[3]) if count[3] else 0 if count[2] else first
        elif word.isupper():
            method = word
        elif word.startswith(("/", "*")):
            path = word
        else:
            raise ValueError(f"cannot read '{word}' in the fault '{text}': a method, a path pattern or #N")
    if kind in ("node-down", "node-crash") and not value:
        raise ValueError(f"{kind} needs a node: {kind}=pve-node2")
    if kind == "node-crash" and not re.fullmatch(r"[^+]+(\+\d+(\.\d+)?)?", value):
        raise ValueError(f"cannot read '{value}': node-crash=NODE or node-crash=NODE+SECONDS")
    return Fault(kind, value or _DEFAULTS.get(kind, ""), method, path, first, last)


class Faults:
    """Counts requests and says which faults they meet."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.all = [parse(text) for text in texts]
        self._counts = [0] * len(self.all)

    def meet(self, method: str, path: str) -> dict[str, str]:
        """Count a request; return the faults it meets, by kind, with their values."""
        found: dict[str, str] = {}
        for place, fault in enumerate(self.all):
            if fault.matches(method, path):
                self._counts[place] += 1
                count = self._counts[place]
                if count >= fault.first and (not fault.last or count <= fault.last):
                    found[fault.kind] = fault.value
        return found

    def values(self, kind: str) -> list[str]:
        """Return the values of the faults of a kind that hold from the start."""
        return [fault.value for fault in self.all if fault.kind == kind]
