"""The body of an answer, read up to a size and for a time (edge)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pxhelm.errors import PxhelmError
from pxhelm.repo.faults import shown

if TYPE_CHECKING:
    import httpx

_LATE = "context deadline exceeded (Client.Timeout or context cancellation while reading body)"


def read_body(answer: httpx.Response, url: str, most: int, seconds: float) -> bytes:
    """Return the whole body of an answer that was asked for at ``url``.

    Raises:
        PxhelmError: for more than ``most`` bytes, and for one that takes longer than ``seconds``, in Go's words.
    """
    ends, left = time.monotonic() + seconds, most
    parts = []
    for part in answer.iter_bytes():
        left -= len(part)
        if left < 0:
            raise PxhelmError(f"cannot fetch {shown(url)}: it is larger than {most} bytes")
        if time.monotonic() > ends:
            raise PxhelmError(_LATE)
        parts.append(part)
    return b"".join(parts)
