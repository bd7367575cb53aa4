"""Findings of lint as Helm prints them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pxhelm.chart.lint import Severity

if TYPE_CHECKING:
    from pxhelm.actions.lint import Linted


def report(found: Sequence[Linted], *, quiet: bool) -> str:
    """Return one block per chart; ``quiet`` leaves out hints and charts without anything worse."""
    blocks = []
    for one in found:
        lines = [f"Error {one.fault}"] if one.fault else []
        lines += [str(f) for f in one.findings if not quiet or f.severity > Severity.INFO]
        if quiet and not lines:
            continue
        blocks.append("".join(f"{line}\n" for line in (f"==> Linting {one.path}", *lines)) + "\n")
    return "".join(blocks)


def summary(found: Sequence[Linted]) -> str:
    """Return the last line."""
    return f"{len(found)} chart(s) linted, {sum(one.failed for one in found)} chart(s) failed"
