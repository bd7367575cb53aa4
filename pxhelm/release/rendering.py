"""The port of rendering: chart and values in, hooks, manifest and notes out.

In two halves, because Helm fails with other consequences in each: ``prepare`` reads values, ``render`` templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pxhelm.chart.model import Chart
from pxhelm.release.model import Hook


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """What is to be rendered, for which revision."""

    chart: Chart
    values: Mapping[str, Any]
    """The user's."""
    name: str
    namespace: str
    revision: int = 1
    is_upgrade: bool = False
    sub_notes: bool = False
    skip_schema_validation: bool = False
    enable_dns: bool = False
    live: bool = True
    """Whether ``lookup`` may ask the cluster."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A chart whose dependencies and values are settled and valid."""

    chart: Chart
    """As its conditions, tags and imports left it."""
    work: Any
    """The renderer's own."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the templates made."""

    hooks: tuple[Hook, ...]
    manifest: str
    notes: str


class Renderer(Protocol):
    """Renders charts. Errors are PxhelmError in Helm's words."""

    def prepare(self, request: RenderRequest) -> Prepared:
        """Process dependencies, coalesce and validate values."""

    def render(self, prepared: Prepared) -> Rendered:
        """Execute the templates, recognise hooks, sort manifests."""
