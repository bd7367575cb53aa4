"""Maps that tell which of their values templates read; used when somebody asks, as every read then costs a call.

A value that is no map counts as read when it is taken or asked for; a map only when it is walked as a whole (``range``,
``toYaml``, ``keys`` …), else what is read in it counts by itself. Never changes what a template sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pxhelm.gotemplate.objects import GoMap, Values

Path = tuple[str, ...]


class WatchedMap(GoMap):
    """A map of values that writes down what is read in it."""

    __slots__ = ("path", "reads")

    def __init__(self, values: dict[str, object], path: Path, reads: set[Path]) -> None:
        super().__init__(values)
        self.path = path
        self.reads = reads

    def _told(self, key: str, found: object) -> object:
        if not isinstance(found, WatchedMap):
            self.reads.add((*self.path, key))
        return found

    def __getitem__(self, key: str) -> object:
        return self._told(key, super().__getitem__(key))

    def __contains__(self, key: object) -> bool:
        if isinstance(key, str):
            self._told(key, super().get(key))
        return super().__contains__(key)

    def get(self, key: str, default: object = None) -> Any:
        """Return a value and write it down."""
        return self._told(key, super().get(key, default))

    def __iter__(self) -> Iterator[str]:
        self.reads.add(self.path)
        return super().__iter__()

    def keys(self) -> Any:
        """Return all keys: the map was read."""
        self.reads.add(self.path)
        return super().keys()

    def values(self) -> Any:
        """Return all values: the map was read."""
        self.reads.add(self.path)
        return super().values()

    def items(self) -> Any:
        """Return all entries: the map was read."""
        self.reads.add(self.path)
        return super().items()


class WatchedValues(WatchedMap, Values):
    """``.Values``, watched."""

    __slots__ = ()
    GO_TYPE = Values.GO_TYPE
    GO_METHODS = Values.GO_METHODS

    def as_map(self) -> dict[str, object]:
        """Return the same map without its name, still watched."""
        return WatchedMap(dict(dict.items(self)), self.path, self.reads)


def watch(values: dict[str, object], reads: set[Path], path: Path = ()) -> WatchedValues:
    """Return ``.Values`` that tell ``reads`` the paths of what is read, from the root chart's values on."""
    return WatchedValues(_below(values, reads, path), path, reads)


def _below(values: dict[str, object], reads: set[Path], path: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in dict.items(values):
        here = (*path, key)
        found[key] = WatchedMap(_below(value, reads, here), here, reads) if isinstance(value, dict) else value
    return found


def as_values(table: dict[str, object]) -> Values:
    """Return a table as a subchart's ``.Values``, watched if the table is."""
    if isinstance(table, WatchedMap):
        return WatchedValues(dict(dict.items(table)), table.path, table.reads)
    return Values(table)
