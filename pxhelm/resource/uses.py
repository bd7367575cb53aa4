"""Who has a file of a storage: guests in their configurations, snapshots in theirs. Pure; nothing is asked for here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

_SILENT = ("description", "digest")
"""Keys whose texts Proxmox does nothing with."""
_BY_PATH = ("args", "lxc")
"""Keys whose texts name files by their paths."""


@dataclass(frozen=True, slots=True)
class Use:
    """One place that names a file, or one of which nobody can tell."""

    who: str
    """In words: ``VM 101 (web)``."""
    key: str = ""
    """The parameter; empty when it could not be read, so that it may be any."""
    vmid: int = 0
    snapshot: str = ""

    def __str__(self) -> str:
        if not self.key:
            return f"{self.who} cannot be read"
        return (
            f"the snapshot {self.snapshot} of {self.who} has it ({self.key})"
            if self.snapshot
            else f"{self.who} has it ({self.key})"
        )


Uses = Mapping[str, tuple[Use, ...]]
"""File → who has it. A file that is not in it was not asked about: nobody can tell."""


def keys_naming(config: Mapping[str, str], names: Collection[str]) -> Iterator[str]:
    """Yield the parameters of a configuration that name a file: as one of its volumes, or by its path where paths are written."""
    paths = {f"/{name.rpartition('/')[2]}" for name in names}
    for key, text in config.items():
        known = paths.union(names) if key in _BY_PATH else names
        if key not in _SILENT and any(name in text for name in known):
            yield key


def told(uses: Iterable[Use]) -> str:
    """Return in words who has a file; of many the first three."""
    found = [str(each) for each in uses]
    return "; ".join(found[:3]) + (f"; and {len(found) - 3} more" if len(found) > 3 else "")
