"""The rows of a simulated cluster: a table of JSON values by kind and key, with one open transaction.

Never reads a file: ``serve`` loads the rows, applies what ``take_changes`` returns, and rolls back by ``forget``.
Values that ``get`` and ``items`` hand out are shared and read-only; ``edit`` hands out a copy that is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

Json = Any
Row = dict[str, Any]


class State:
    """Rows in memory; texts are decoded when first looked at."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Json]] = {}
        self._texts: dict[str, dict[str, str]] = {}
        self._changes: dict[tuple[str, str], Json | None] = {}
        self._derived: dict[tuple[str, str], dict[str, tuple[Json, Json]]] = {}

    # what the edge calls

    def load(self, kind: str, key: str, text: str | None) -> None:
        """Take over a stored row; ``None`` means it is gone."""
        self._rows.get(kind, {}).pop(key, None)
        if text is None:
            self._texts.get(kind, {}).pop(key, None)
        else:
            self._texts.setdefault(kind, {})[key] = text

    def take_changes(self) -> list[tuple[str, str, str | None]]:
        """Make the open transaction part of the rows and return it as texts to store."""
        stored: list[tuple[str, str, str | None]] = []
        for (kind, key), value in self._changes.items():
            self._texts.get(kind, {}).pop(key, None)
            if value is None:
                self._rows.get(kind, {}).pop(key, None)
                self._derived.pop((kind, key), None)
                stored.append((kind, key, None))
            else:
                self._rows.setdefault(kind, {})[key] = value
                stored.append((kind, key, json.dumps(value, separators=(",", ":"))))
        self._changes = {}
        return stored

    def forget(self) -> None:
        """Drop the open transaction."""
        self._changes = {}

    def clear(self) -> None:
        """Forget every row, to be loaded anew."""
        self._rows, self._texts, self._changes, self._derived = {}, {}, {}, {}

    def savepoint(self) -> dict[tuple[str, str], str | None]:
        """Return what ``restore`` needs to undo later changes of the open transaction."""
        return {at: None if value is None else json.dumps(value) for at, value in self._changes.items()}

    def restore(self, saved: dict[tuple[str, str], str | None]) -> None:
        """Undo every change made since ``savepoint``."""
        self._changes = {at: None if text is None else json.loads(text) for at, text in saved.items()}

    # what the handlers call

    def get(self, kind: str, key: str) -> Json:
        """Return a row to look at, not to change; ``None`` when there is none."""
        at = (kind, key)
        if at in self._changes:
            return self._changes[at]
        found = self._rows.get(kind, {}).get(key)
        if found is None:
            text = self._texts.get(kind, {}).pop(key, None)
            if text is not None:
                found = self._rows.setdefault(kind, {})[key] = json.loads(text)
        return found

    def edit(self, kind: str, key: str) -> Json:
        """Return a copy of a row that will be written; KeyError when there is none."""
        at = (kind, key)
        if self._changes.get(at) is not None:
            return self._changes[at]
        found = self.get(kind, key)
        if found is None:
            raise KeyError(at)
        copy = self._changes[at] = json.loads(json.dumps(found))
        return copy

    def put(self, kind: str, key: str, value: Json) -> Json:
        """Write a row and return it."""
        self._changes[(kind, key)] = value
        return value

    def delete(self, kind: str, key: str) -> None:
        """Remove a row, if it is there."""
        if self.has(kind, key):
            self._changes[(kind, key)] = None

    def has(self, kind: str, key: str) -> bool:
        """Tell whether there is a row."""
        at = (kind, key)
        if at in self._changes:
            return self._changes[at] is not None
        return key in self._rows.get(kind, ()) or key in self._texts.get(kind, ())

    def keys(self, kind: str) -> list[str]:
        """Return the keys of a kind, oldest first as far as it is known."""
        if not self._texts.get(kind) and not self._changes:
            return list(self._rows.get(kind, ()))
        found = {**dict.fromkeys(self._texts.get(kind, ())), **dict.fromkeys(self._rows.get(kind, ()))}
        for (other, key), value in self._changes.items():
            if other == kind:
                if value is None:
                    found.pop(key, None)
                else:
                    found.setdefault(key)
        return list(found)

    def items(self, kind: str) -> Iterator[tuple[str, Json]]:
        """Go through the rows of a kind; they are to be looked at, not changed."""
        for key in self.keys(kind):
            yield key, self.get(kind, key)

    def derived(self, kind: str, key: str, name: str, compute: Callable[[Json], Json]) -> Json:
        """Return what ``compute`` makes of a row, worked out again only when the row was written since."""
        row = self.get(kind, key)
        if (kind, key) in self._changes:
            return compute(row)
        known = self._derived.setdefault((kind, key), {})
        found = known.get(name)
        if found is None or found[0] is not row:
            found = known[name] = (row, compute(row))
        return found[1]

    def kinds(self) -> list[str]:
        """Return every kind there is a row of."""
        found = {*self._rows, *self._texts, *(kind for kind, _ in self._changes)}
        return sorted(kind for kind in found if self.keys(kind))
