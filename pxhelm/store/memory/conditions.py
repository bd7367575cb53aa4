"""Since when conditions are as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pxhelm.store.conditions import ConditionRecord
from pxhelm.store.memory.tables import Tables


class MemoryConditions:
    """ConditionStore on dictionaries."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    def of(self, uids: Sequence[str]) -> tuple[ConditionRecord, ...]:
        return tuple(one for key, one in sorted(self._t.conditions.items()) if key[0] in uids)

    def put(self, found: Iterable[ConditionRecord]) -> None:
        self._t.conditions.update({(one.uid, one.type): one for one in found})
