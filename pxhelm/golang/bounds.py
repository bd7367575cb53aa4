"""What hostile texts may cost here; the composition root sets it once per process, before anything is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Bounds:
    """Limits of readers that are called from everywhere."""

    yaml_depth: int = 400
    """Levels of nesting; goyaml allows 10,000, no manifest needs a hundred, and Python's stack is not Go's."""
    yaml_aliases: int = 100
    """Nodes reached by aliases before their share of the document is looked at; goyaml's number."""
    regex_memory: int = 64 << 20
    """Bytes that a compiled regular expression may take."""


bounds = Bounds()
