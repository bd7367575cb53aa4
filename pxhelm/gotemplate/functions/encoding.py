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
    bare = raw.rstrip(b"=")
    bad = _bad_base32(raw, bare)
    if bad >= 0:
        return f"illegal base32 data at input byte {bad}"
    return go_string(base64.b32decode(bare + b"=" * (-len(bare) % 8)))


def _bad_base32(raw: bytes, bare: bytes) -> int:
    found = _BASE32.match(bare)
    assert found
    if found.end() < len(bare):
        return found.end()
    tail = len(bare) % 8
    padding = len(raw) - len(bare)
    if not tail and not padding:
        return -1
    if tail in (1, 3, 6) or not tail:
        return len(bare) if padding else len(bare) - tail
    if padding == 8 - tail:
        return -1
    return len(raw) if padding < 8 - tail and padding else len(bare) - tail if not padding else len(bare) + 8 - tail


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
