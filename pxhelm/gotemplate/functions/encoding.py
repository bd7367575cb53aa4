"""Base64, base32 and checksums of strings.

A text that cannot be decoded gives Go's error text as its value, as sprig does.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib

from pxhelm.golang.base64 import Base64Error, decode
from pxhelm.golang.value import go_bytes, go_string
from pxhelm.gotemplate.signature import Function, function

_BASE32 = re.compile(rb"[A-Z2-7]*")


def b64enc(text: str) -> str:
    """Return base64."""
    return base64.b64encode(go_bytes(text)).decode()


def b64dec(text: str) -> str:
    """Decode base64; Go's error text when it is none."""
    try:
        return go_string(decode(go_bytes(text)))
    except Base64Error as error:
        return str(error)


def b32enc(text: str) -> str:
    """Return base32."""
    return base64.b32encode(go_bytes(text)).decode()


def b32dec(text: str) -> str:
    """Decode base32; Go's error text when it is none."""
    raw = go_bytes(text).replace(b"\r", b"").replace(b"\n", b"")
    try:
        bare = _before_padding(raw)
    except _CorruptError as error:
        return str(error)
    return go_string(base64.b32decode(bare + b"=" * (-len(bare) % 8)))


class _CorruptError(ValueError):
    def __init__(self, at: int) -> None:
        super().__init__(f"illegal base32 data at input byte {at}")


def _before_padding(raw: bytes) -> bytes:
    """Return the digits of base32, of which Go looks at eight at a time (encoding/base32, decode).

    What follows the padding goes unseen. Raises _CorruptError.
    """
    for start in range(0, len(raw), 8):
        found = _BASE32.match(raw, start, start + 8)
        assert found
        at = found.end()
        digits, rest = at - start, raw[at + 1 :]
        if digits == 8:
            continue
        if at == len(raw):
            raise _CorruptError(start)
        if raw[at : at + 1] != b"=" or digits < 2 or len(rest) > 7:
            raise _CorruptError(at)
        if len(rest) < 7 - digits:
            raise _CorruptError(len(raw))
        wrong = next((place for place, char in enumerate(rest[: 7 - digits]) if char != ord("=")), None)
        if wrong is not None or digits in (3, 6):
            raise _CorruptError(at + (wrong or 0))
        return raw[:at]
    return raw


def sha1sum(text: str) -> str:
    """Return the SHA-1 in hex."""
    return hashlib.sha1(go_bytes(text)).hexdigest()


def sha256sum(text: str) -> str:
    """Return the SHA-256 in hex."""
    return hashlib.sha256(go_bytes(text)).hexdigest()


def sha512sum(text: str) -> str:
    """Return the SHA-512 in hex."""
    return hashlib.sha512(go_bytes(text)).hexdigest()


def adler32sum(text: str) -> str:
    """Return the Adler-32 checksum in decimal."""
    return str(zlib.adler32(go_bytes(text)))


FUNCTIONS: dict[str, Function] = {
    name: function(call, "string", result="string")
    for name, call in (
        ("b64enc", b64enc),
        ("b64dec", b64dec),
        ("b32enc", b32enc),
        ("b32dec", b32dec),
        ("sha1sum", sha1sum),
        ("sha256sum", sha256sum),
        ("sha512sum", sha512sum),
        ("adler32sum", adler32sum),
    )
}
