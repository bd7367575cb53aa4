"""Everything that can happen, told once, heard by terminal, WebSocket and MCP.

Frozen dataclasses; never a secret value in any of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the user should know; the command goes on."""

    message: str


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step of an object's plan is about to be sent."""

    address: str
    """``Kind/namespace/name``."""
    step: str
    """``create``, ``clone``, ``config``, ``resize``, ``start`` …"""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """A Proxmox task is running."""

    address: str
    upid: str
    last_line: str


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A step ended; ``error`` is empty on success."""

    address: str
    step: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class HookStarted:
    """A hook of a release begins."""

    event: str
    address: str


Event = Warned | StepStarted | TaskProgress | StepFinished | HookStarted
Listener = Callable[[Event], None]


def nobody(_event: Event) -> None:
    """Listen to nothing."""
