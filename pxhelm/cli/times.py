"""Times and durations as people type them: ``90d``, ``1h30m``, ``2 days ago``, ``2026-11-03 09:12``.

Never reads a clock: the present is an argument.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from pxhelm.errors import ExitCode, PxhelmError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 365 * 86400}
_PART = re.compile(
    r"(\d+(?:\.\d+)?)\s*(s|m|h|d|w|y)(?:ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?|ays?|eeks?|ears?)?(?![a-z])\s*"
)


def seconds_of(flag: str, text: str) -> float:
    """Return the seconds of a duration such as ``90d`` or ``1h30m``; PxhelmError (USAGE) naming the flag."""
    found = _duration(text)
    if found is None:
        raise PxhelmError(
            f'invalid argument "{text}" for "{flag}" flag: not a duration',
            code=ExitCode.USAGE,
            hint="write a number with a unit, such as 30m, 12h, 90d or 2w",
        )
    return found


def moment_of(flag: str, text: str, now: datetime) -> float:
    """Return the Unix seconds of a moment; PxhelmError (USAGE) naming the flag.

    RFC 3339 or ``2026-11-03 09:12`` (in the zone of ``now`` unless it says another), a day alone (its beginning), or a
    duration back from now: ``2h``, ``2h ago``, ``-2h``.
    """
    stripped = text.strip()
    back = _duration(stripped.removesuffix("ago").strip().removeprefix("-"))
    if back is not None and not stripped.isdigit():
        return now.timestamp() - back
    try:
        found = datetime.fromisoformat(stripped)
    except ValueError:
        raise PxhelmError(
            f'invalid argument "{text}" for "{flag}" flag: not a time',
            code=ExitCode.USAGE,
            hint="write 2026-11-03T09:12:00Z, '2026-11-03 09:12', or how long ago: 2h, 3d",
        ) from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=now.tzinfo or UTC)
    return found.timestamp()


def _duration(text: str) -> float | None:
    stripped = text.strip()
    if stripped == "0":
        return 0.0
    total, place = 0.0, 0
    while place < len(stripped):
        part = _PART.match(stripped, place)
        if part is None:
            return None
        total += float(part[1]) * _SECONDS[part[2]]
        place = part.end()
    return total if stripped else None
