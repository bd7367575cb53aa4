"""What a rendering may spend. Only numbers; `render.sandbox` limits what cannot be counted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """What a rendering may spend; generous for charts, fatal for bombs."""

    steps: int = 20_000_000
    """Loop iterations and template calls."""
    seconds: float = 600
    """By the host's ``elapsed``; a single function is not interrupted."""
    output: int = 256 * 1024 * 1024
    """Characters written, nested templates included."""
    depth: int = 3_000
    """Nested template calls; Go allows 100,000, Helm 1,000 includes of one name. Python's own stack may end sooner."""
