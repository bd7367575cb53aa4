"""Whether a pending revision may be gone on with by repeating its command (engine.md D8.2a): a pure decision.

The caller proves that the recorded holder is gone: it holds the release's lease, or the process is provably dead.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pxhelm.store.releases import Operation


@dataclass(frozen=True, slots=True)
class Attempt:
    """The command that now runs."""

    operation: Operation
    """Its own facts; what is recorded with the revision it writes."""
    recorded_holder_gone: bool = False
    """Whether whoever wrote the pending revision has lost its lease or is dead."""


class Verdict(Enum):
    """Whether to resume; the value is the hint that follows Helm's own error."""

    RESUME = ""
    FOREIGN = (
        "no operation of this store wrote the pending revision: roll back to a good revision with"
        " `pxhelm rollback {name}`, or give it up with `pxhelm uninstall {name}`"
    )
    RUNNING = "it is being worked on by {holder}: wait for it to end"
    OTHER_COMMAND = (
        "an interrupted {command} is pending: repeat that command to go on with it,"
        " or give it up with `pxhelm rollback {name}` or `pxhelm uninstall {name}`"
    )
    OTHER_INPUT = (
        "an interrupted {command} with other {input} is pending: repeat it with the same chart and values to go on with"
        " it, or give it up with `pxhelm rollback {name}` or `pxhelm uninstall {name}`"
    )


def decide(recorded: Operation | None, attempt: Attempt | None) -> Verdict:
    """Tell whether the attempt may go on with the revision that ``recorded`` wrote."""
    if recorded is None or attempt is None:
        return Verdict.FOREIGN
    now = attempt.operation
    if recorded.holder != now.holder and not attempt.recorded_holder_gone:
        return Verdict.RUNNING
    if recorded.command != now.command:
        return Verdict.OTHER_COMMAND
    if (recorded.chart_digest, recorded.values_digest) != (now.chart_digest, now.values_digest):
        return Verdict.OTHER_INPUT
    return Verdict.RESUME


def hint(verdict: Verdict, name: str, recorded: Operation | None, attempt: Attempt | None) -> str:
    """Return the verdict's hint about the release ``name``."""
    differs = "values"
    if recorded and attempt and recorded.chart_digest != attempt.operation.chart_digest:
        differs = "chart files"
    return verdict.value.format(
        name=name,
        holder=recorded.holder if recorded else "",
        command=recorded.command.partition(" ")[0] if recorded else "",
        input=differs,
    )
