r"""Go's ``filepath.Match``: ``*`` and ``?`` stop at a slash, ``[^a-z]`` are classes, ``\`` quotes one character.

Nothing but patterns: no ``**``, no folders. A pattern's fault shows only when matching reaches it, as in Go.
"""

from __future__ import annotations


class BadPatternError(ValueError):
    """A pattern that is not well formed."""

    def __init__(self) -> None:
        super().__init__("syntax error in pattern")


def path_match(pattern: str, name: str) -> bool:
    """Tell whether the pattern matches all of a slash-separated name.

    Raises:
        BadPatternError: when the part of the pattern that was looked at is malformed.
    """
    while pattern:
        star, chunk, pattern = _next_chunk(pattern)
        if star and not chunk:
            return "/" not in name
        rest = _match_chunk(chunk, name)
        # With more pattern to come any match will do; the last chunk must use the name up.
        if rest is not None and (not rest or pattern):
            name = rest
            continue
        found = _after_star(chunk, pattern, name) if star else None
        if found is None:
            return False
        name = found
    return not name


def _after_star(chunk: str, pattern: str, name: str) -> str | None:
    """Return what is left of the name when ``*`` takes as little as it can, or None."""
    for i, char in enumerate(name):
        if char == "/":
            return None
        rest = _match_chunk(chunk, name[i + 1 :])
        if rest is not None and (not rest or pattern):
            return rest
    return None


def _next_chunk(pattern: str) -> tuple[bool, str, str]:
    stripped = pattern.lstrip("*")
    in_class = False
    i = 0
    while i < len(stripped):
        char = stripped[i]
        if char == "\\":
            i += 1
        elif char == "[":
            in_class = True
        elif char == "]":
            in_class = False
        elif char == "*" and not in_class:
            break
        i += 1
    return stripped != pattern, stripped[:i], stripped[i:]


def _match_chunk(chunk: str, name: str) -> str | None:
    """Match a piece without stars at the start of a name; return the rest of the name, None for no match."""
    failed = False
    while chunk:
        failed = failed or not name
        char = chunk[0]
        if char == "[":
            first, name = (name[:1], name[1:]) if not failed else ("", name)
            hit, chunk = _match_class(chunk[1:], first)
            failed = failed or not hit
        elif char == "?":
            failed = failed or name[0] == "/"
            name, chunk = name[1:], chunk[1:]
        else:
            if char == "\\":
                chunk = chunk[1:]
                if not chunk:
                    raise BadPatternError
            failed = failed or chunk[0] != name[0]
            name, chunk = name[1:], chunk[1:]
    return None if failed else name


def _match_class(chunk: str, char: str) -> tuple[bool, str]:
    """Match one character against ``a-z]…`` and return the pattern after the class."""
    negated = chunk.startswith("^")
    chunk = chunk.removeprefix("^")
    hit = False
    ranges = 0
    while not (chunk.startswith("]") and ranges):
        low, chunk = _class_end(chunk)
        high = low
        if chunk.startswith("-"):
            high, chunk = _class_end(chunk[1:])
        hit = hit or (char != "" and low <= char <= high)
        ranges += 1
    return hit != negated, chunk[1:]


def _class_end(chunk: str) -> tuple[str, str]:
    if not chunk or chunk[0] in "-]":
        raise BadPatternError
    if chunk[0] == "\\":
        chunk = chunk[1:]
        if not chunk:
            raise BadPatternError
    char, rest = chunk[0], chunk[1:]
    if not rest:
        raise BadPatternError
    return char, rest
