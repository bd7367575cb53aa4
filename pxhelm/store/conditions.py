"""Conditions of objects: since when each is as it is (kinds.md 11). Who looks writes down what changed; nothing is kept of how it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ConditionRecord:
    """One condition of one object, as it was seen last."""

    uid: str
    type: str
    """``Ready``, ``Drifted`` …"""
    status: str
    """``True``, ``False`` or ``Unknown``."""
    since: float
    """Unix seconds of when it was first seen to have this status."""
    reason: str = ""
    """CamelCase; empty when there is nothing to explain."""
    message: str = ""


class ConditionStore(Protocol):
    """Where conditions are kept; those of an object go with it."""

    def of(self, uids: Sequence[str]) -> tuple[ConditionRecord, ...]:
        """Return all conditions known of these objects, by uid and type."""

    def put(self, found: Iterable[ConditionRecord]) -> None:
        """Insert or replace by uid and type."""
