"""What templates may ask of the world: given by the caller, never found out here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pxhelm.gotemplate.budget import Budget


def _no_lookup(_api_version: str, _kind: str, _namespace: str, _name: str) -> Mapping[str, Any]:
    return {}


def _no_dns(_host: str) -> str:
    return ""


def _no_clock() -> float:
    return 0.0


def _no_randomness(count: int) -> bytes:
    raise RuntimeError(f"{count} random bytes were asked for, but this rendering has no randomness")


@dataclass(frozen=True, slots=True)
class Host:
    """Clock, randomness, cluster and names."""

    now: Callable[[], float] = _no_clock
    """Unix seconds."""
    random_bytes: Callable[[int], bytes] = _no_randomness
    lookup: Callable[[str, str, str, str], Mapping[str, Any]] = _no_lookup
    """apiVersion, kind, namespace, name → the object, a list object for an empty name, ``{}`` for nothing."""
    dns: Callable[[str], str] = _no_dns
    elapsed: Callable[[], float] = _no_clock
    """Seconds of a clock that only goes forward, for the limit on time."""
    budget: Budget | None = None
    """What a rendering may spend; None = the engine's own."""
    zone: str = "UTC"
    """Name of the local time zone."""
    log: Callable[[str], None] = field(default=lambda _line: None)
    """Told what Helm logs, such as ``[INFO] Missing required value: …`` in lint mode."""
