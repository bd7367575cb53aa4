"""What an edge gives to the SQL adapters: statements in, rows out, and transactions that join."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]


class Connection(Protocol):
    """One database, usable from any thread."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Run a query."""

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a change and return how many rows it touched; DuplicateError when a key exists."""

    def transaction(self) -> AbstractContextManager[None]:
        """Open a write transaction, or join the one this thread has open.

        Writers are serialised: what was read inside still holds at the commit.
        """


def one(found: list[Row]) -> Row | None:
    """Return the only row, if any."""
    return found[0] if found else None


def dump(value: Mapping[str, Any] | Any) -> str:
    """Return compact JSON with sorted keys, so that equal values are equal texts."""
    if isinstance(value, Mapping):
        value = dict(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


load = json.loads
