"""Go's classes of characters, where Python's are wider."""

from __future__ import annotations


def is_word(char: str) -> bool:
    """Whether a character is a letter, a digit or an underscore: not so a Roman numeral or a raised digit."""
    return char == "_" or char.isalpha() or char.isdecimal()
