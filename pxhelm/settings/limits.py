"""Limits on what a chart may cost. Never counts anything: readers and the template engine do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pxhelm.errors import ExitCode, PxhelmError


@dataclass(frozen=True, slots=True)
class Limits:
    """What a chart may cost before it is refused: from ``limits`` of the configuration, then from PXHELM_LIMITS."""

    seconds: float = 60.0
    """To read and render a chart."""
    memory: int = 1 << 30
    """Bytes that reading and rendering may take."""
    steps: int = 20_000_000
    """Loop iterations and template calls."""
    output: int = 256 << 20
    """Characters that templates write."""
    depth: int = 3_000
    """Nested template calls."""
    files: int = 20_000
    """Files of an archive."""
    file: int = 5 << 20
    """Bytes of one file."""
    archive: int = 100 << 20
    """Bytes of an archive's files."""
    chart: int = 256 << 20
    """Bytes of all files of a chart and of the archives in it."""
    nested: int = 12
    """Archives within archives."""
    yaml: int = 400
    """Nested levels of a YAML document."""
    aliases: int = 100
    """Nodes reached by YAML aliases before their share of the document counts."""
    regex: int = 64 << 20
    """Bytes that a compiled regular expression may take."""
    jinja: int = 512 << 20
    """Bytes that Jinja templates may take."""

    @property
    def of_templates(self) -> tuple[int, float, int, int]:
        """Return what the template engine counts."""
        return self.steps, self.seconds, self.output, self.depth

    @property
    def of_readers(self) -> tuple[int, int, int]:
        """Return what readers of YAML and of patterns count."""
        return self.yaml, self.aliases, self.regex

    @property
    def of_archives(self) -> dict[str, int]:
        """Return what is counted while archives are read."""
        names = ("file", "files", "nested")
        return {"total": self.archive, "everything": self.chart, **{name: getattr(self, name) for name in names}}


DEFAULT_LIMITS: Final = Limits()
LIMIT_NAMES: Final[tuple[str, ...]] = Limits.__match_args__


def read_limits(given: Mapping[str, object], base: Limits, source: str) -> Limits:
    """Return limits with some replaced; PxhelmError for a name that is none or a value that is no number."""
    changes: dict[str, Any] = {}
    for name, value in given.items():
        if name not in LIMIT_NAMES:
            raise PxhelmError(
                f"cannot read {source}: unknown limit {name}",
                code=ExitCode.USAGE,
                hint=f"one of {', '.join(LIMIT_NAMES)}",
            )
        text = str(value).strip()
        factor = 1 << {"K": 10, "M": 20, "G": 30}.get(text[-1:].upper(), 0)
        try:
            number = float(text[:-1] if factor > 1 else text) * factor
        except ValueError:
            number = 0
        if not 0 < number < float("inf"):
            raise PxhelmError(
                f"cannot read {source}: limit {name} is {text or 'empty'}, not a number above 0",
                code=ExitCode.USAGE,
                hint="write 120, 512M or 4G",
            )
        changes[name] = number if name == "seconds" else int(number)
    return replace(base, **changes)
