"""How kubectl orders: natural order of texts (fvbommel/sortorder), and Kubernetes' quantities such as ``500m``, ``1Gi``.

Never changes what it orders.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cmp_to_key
from typing import Final

_CHUNK: Final = re.compile(r"(\d+)|(\D)")
_QUANTITY: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:(n|u|m|k|[MGTPE])|([KMGTPE])i|[eE]([+-]?\d+))?")
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"K": 10, "M": 20, "G": 30, "T": 40, "P": 50, "E": 60}


def natural_key(text: str) -> tuple[tuple[int, int, int], ...]:
    """Return a key by which texts are in natural order: ``web-2`` before ``web-10``, digits before letters."""
    return tuple(
        (0, int(digits), len(digits) - len(digits.lstrip("0"))) if digits else (1, ord(char), 0)
        for digits, char in _CHUNK.findall(text)
    )


def quantity(text: str) -> Decimal | None:
    """Return the number that a quantity stands for; None when the text is none."""
    found = _QUANTITY.fullmatch(text)
    if found is None:
        return None
    number = Decimal(found[1])
    if found[2]:
        return number.scaleb(_DECIMAL[found[2]])
    if found[3]:
        return number * (1 << _BINARY[found[3]])
    return number.scaleb(int(found[4])) if found[4] else number


class UnsortableError(ValueError):
    """Values that have no order, in kubectl's words."""


def compare(left: object, right: object) -> int:
    """Return -1, 0 or 1 as ``--sort-by`` orders two values; what is not there comes first. UnsortableError."""
    if left is None or right is None:
        return (left is not None) - (right is not None)
    if isinstance(left, str) and isinstance(right, str):
        numbers = quantity(left), quantity(right)
        if numbers[0] is not None and numbers[1] is not None:
            return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
        keys = natural_key(left), natural_key(right)
        return (keys[0] > keys[1]) - (keys[0] < keys[1])
    if isinstance(left, int | float) and isinstance(right, int | float):
        return (left > right) - (left < right)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return next((found for a, b in zip(left, right, strict=False) if (found := compare(a, b))), 0)
    raise UnsortableError(f"unsortable type: {type(left).__name__} and {type(right).__name__}")


in_order = cmp_to_key(compare)
"""The key of ``compare``."""
