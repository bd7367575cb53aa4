"""Snapshots of a suite: ``__snapshot__/NAME.snap`` as helm-unittest writes it.

Never reads or writes the file: text in, text out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from pxhelm.golang.yaml import YamlError, load_typed, to_yaml_pretty

_NUMBER_KEY: Final = re.compile(r'^  "(\d+)":', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Compared:
    """How a value compares to what was kept."""

    same: bool
    number: int
    kept: str
    now: str


@dataclass(slots=True)
class Snapshots:
    """What was kept the last time, and what this run saw."""

    update: bool = False
    kept: dict[str, dict[str, str]] = field(default_factory=dict)
    seen: dict[str, dict[str, str]] = field(default_factory=dict)
    total: int = 0
    created: int = 0
    changed: int = 0

    @classmethod
    def of(cls, text: str, *, update: bool) -> Snapshots:
        """Read a snapshot file; an empty text for none. YamlError when it is not YAML."""
        kept = load_typed(text) if text.strip() else {}
        if not isinstance(kept, dict):
            raise YamlError("a snapshot file is a map")
        return cls(update, {test: dict(each) for test, each in kept.items() if isinstance(each, dict)})

    def compare(self, test: str, value: object, *, only_seen: bool = False) -> Compared:
        """Compare a value of a test to the next one that was kept for it; ``only_seen`` takes it as the same.

        What is new is kept and counts as the same.
        """
        now = to_yaml_pretty(_trimmed(value))
        seen = self.seen.setdefault(test, {})
        number = len(seen) + 1
        kept = self.kept.get(test, {}).get(str(number))
        same = kept is None or only_seen or _same(kept, now)
        self.total += 1
        self.created += kept is None
        self.changed += not same
        seen[str(number)] = now if kept is None or self.update else kept
        return Compared(same or self.update, number, kept or "", now)

    @property
    def vanished(self) -> int:
        """How many kept snapshots nothing asked for."""
        return sum(number not in self.seen.get(test, {}) for test, each in self.kept.items() for number in each)

    def text(self) -> str | None:
        """Return the file's new text; None when it stays as it is."""
        if not (self.created or self.vanished or (self.update and self.changed)):
            return None
        return _NUMBER_KEY.sub(r"  \1:", to_yaml_pretty(self.seen))


def _same(kept: str, now: str) -> bool:
    if kept == now:
        return True
    try:
        # Lines may be folded at other places than ours.
        return load_typed(kept) == load_typed(now)
    except YamlError:
        return False


def _trimmed(value: object) -> object:
    """Drop new lines at the beginning of every text, as helm-unittest does before it writes."""
    if isinstance(value, str):
        return value.lstrip("\n")
    if isinstance(value, dict):
        return {key: _trimmed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_trimmed(each) for each in value]
    return value
