"""The one exception doors see, and the one list of exit codes.

A ``PxhelmError`` is a sentence for the user: what could not be done and why, where, and what to type next.
Only doors render it; everything else raises it or lets it pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit statuses of the command line (engine.md D19)."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    CONFLICT = 4
    REFUSED = 5
    LOCKED = 6
    BUG = 70
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file of the user's."""

    file: str
    line: int = 0
    """1-based; 0 when unknown."""
    column: int = 0
    """1-based, in characters; 0 when unknown."""
    text: str = ""
    """The line itself, for the caret."""
    field: str = ""
    """Path of the field in the document, such as ``spec.cpu.cores``."""

    def __str__(self) -> str:
        """Return ``file:line:column: field`` without the unknown parts."""
        place = self.file
        if self.line:
            place += f":{self.line}"
            if self.column:
                place += f":{self.column}"
        return f"{place}: {self.field}" if self.field else place


class PxhelmError(Exception):
    """A failure the user can understand: message, where, and a hint.

    ``message`` is lower case without a full stop, *cannot verb thing: reason*, except where it is Helm's own
    text to the letter. ``hint`` is what to type next.
    """

    rendered: Where | None = None
    """The place in a template's output, when ``where`` is the template line that wrote it."""

    def __init__(
        self, message: str, *, code: ExitCode = ExitCode.FAILED, where: Where | None = None, hint: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.where = where
        self.hint = hint

    def prefixed(self, prefix: str) -> PxhelmError:
        """Return this error with a text before its message, once."""
        if not self.message.startswith(prefix):
            self.message = prefix + self.message
            self.args = (self.message,)
        return self


class StageError(PxhelmError):
    """Every problem of one stage, reported together; the exit code is that of the first."""

    def __init__(self, summary: str, errors: tuple[PxhelmError, ...]) -> None:
        super().__init__(summary, code=errors[0].code if errors else ExitCode.FAILED)
        self.errors = errors


def field_name(path: Iterable[str | int]) -> str:
    """Return a path as people write it: ``spec.disks[0].size``."""
    out = ""
    for part in path:
        if isinstance(part, int):
            out += f"[{part}]"
        else:
            out += f".{part}" if out else part
    return out


def system_says(error: OSError) -> str:
    """Return why the system refused, as it stands in our sentences: ``permission denied``."""
    return (error.strerror or str(error)).lower()
