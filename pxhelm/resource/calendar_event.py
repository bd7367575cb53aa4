"""Calendar events as Proxmox reads them: ``mon..fri 02:00``, ``*/15``, ``sat *-1..7 15:00``, ``monthly``.

Days of the week, a date and a time, each of them optional, in this order; lists with commas, ranges with two dots, steps with a
slash (proxmox-time, "Calendar Events" of Proxmox' manual). Says only whether a text is one; when it is due Proxmox decides.
"""

from __future__ import annotations

import re

_WORDS = frozenset(
    (
        "minutely",
        "hourly",
        "daily",
        "weekly",
        "monthly",
        "yearly",
        "annually",
        "quarterly",
        "semiannually",
        "semi-annually",
    )
)
_DAY = "sun(?:day)?|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?"
_DAYS = re.compile(rf"(?:{_DAY})(?:\.\.(?:{_DAY}))?(?:,(?:{_DAY})(?:\.\.(?:{_DAY}))?)*", re.IGNORECASE)
_PART = re.compile(r"(?:(?P<low>\d{1,4})(?:\.\.(?P<high>\d{1,4}))?|\*)(?:/(?P<step>\d{1,4}))?")
_HOURS, _MINUTES = (0, 23), (0, 59)
_YEARS, _MONTHS, _DATES = (1970, 9999), (1, 12), (1, 31)


def is_event(text: str) -> bool:
    """Tell whether Proxmox takes a text for a calendar event."""
    words = text.split()
    if len(words) == 1 and words[0].lower() in _WORDS:
        return True
    rest = list(words)
    if rest and _DAYS.fullmatch(rest[0]):
        rest.pop(0)
    if rest and _is_date(rest[0]):
        rest.pop(0)
    if rest and _is_time(rest[0]):
        rest.pop(0)
    return len(rest) < len(words) and rest in ([], ["UTC"])


def _is_date(text: str) -> bool:
    parts = text.split("-")
    limits = {2: (_MONTHS, _DATES), 3: (_YEARS, _MONTHS, _DATES)}.get(len(parts), ())
    return bool(limits) and all(_within(part, of) for part, of in zip(parts, limits, strict=True))


def _is_time(text: str) -> bool:
    parts = text.split(":")
    limits = {1: (_MINUTES,), 2: (_HOURS, _MINUTES), 3: (_HOURS, _MINUTES, _MINUTES)}.get(len(parts), ())
    return bool(limits) and all(_within(part, of) for part, of in zip(parts, limits, strict=True))


def _within(text: str, limits: tuple[int, int]) -> bool:
    """Whether a list of numbers, ranges and steps stays within its limits."""
    low, high = limits
    for each in text.split(","):
        found = _PART.fullmatch(each)
        if found is None or found["step"] == "0":
            return False
        numbers = [int(number) for number in (found["low"], found["high"]) if number is not None]
        if any(not low <= number <= high for number in numbers) or numbers != sorted(numbers):
            return False
    return True
