"""Go's standard base64: what it accepts and where it stops.

Never the URL alphabet.
"""

from __future__ import annotations

import binascii
import re

_LETTER = re.compile(rb"[A-Za-z0-9+/]")


class Base64Error(ValueError):
    """A text that is no base64; the text is Go's."""


def decode(raw: bytes) -> bytes:
    """Decode, line breaks allowed anywhere; Base64Error with Go's text."""
    bad = _bad(raw)
    if bad >= 0:
        raise Base64Error(f"illegal base64 data at input byte {bad}")
    return binascii.a2b_base64(raw)


def _bad(raw: bytes) -> int:
    """Return where Go's decoder stops, -1 when all is well."""
    at = quantum = 0
    while at < len(raw):
        byte = raw[at]
        if byte in b"\r\n":
            at += 1
            continue
        if byte == 0x3D:
            return _bad_padding(raw, at, quantum)
        if not _LETTER.match(raw, at):
            return at
        quantum = (quantum + 1) % 4
        at += 1
    return -1 if quantum == 0 else at - quantum


def _bad_padding(raw: bytes, at: int, quantum: int) -> int:
    if quantum < 2:
        return at
    after = _skip_breaks(raw, at + 1)
    if quantum == 2:
        if after == len(raw) or raw[after] != 0x3D:
            return after
        after = _skip_breaks(raw, after + 1)
    return -1 if after == len(raw) else after


def _skip_breaks(raw: bytes, at: int) -> int:
    while at < len(raw) and raw[at] in b"\r\n":
        at += 1
    return at
