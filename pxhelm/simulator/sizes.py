"""Sizes as the API takes them: ``3G``, ``+512M``, ``1073741824``."""

from __future__ import annotations

_FACTORS = {"K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


def wanted_bytes(text: str, size: int) -> int:
    """Return the size in bytes that is asked for, of a volume that has ``size``."""
    plain = text.removeprefix("+")
    number = int(float(plain.rstrip("KMGT")) * _FACTORS.get(plain[-1], 1))
    return number + size if text.startswith("+") else number
