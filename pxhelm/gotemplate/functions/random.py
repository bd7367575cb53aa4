"""Random values. Every render differs, which is why charts should not use them.

All randomness is the host's.
"""

from __future__ import annotations

import base64
import string
from typing import Any

from pxhelm.gotemplate.signature import Function, FunctionError, function

MAX_LENGTH = 16 << 20
"""Characters or bytes a call may ask for."""


def _below(host: Any, limit: int) -> int:
    """Return a number from 0 to before the limit, each as likely."""
    size = (limit.bit_length() + 7) // 8
    ceiling = 256**size - 256**size % limit
    while True:
        number = int.from_bytes(host.random_bytes(size))
        if number < ceiling:
            return number % limit


def _text(host: Any, count: int, alphabet: str) -> str:
    if count <= 0:
        return ""
    if count > MAX_LENGTH:
        raise FunctionError(f"result of {count} bytes is larger than {MAX_LENGTH}")
    limit = 256 - 256 % len(alphabet)
    out: list[str] = []
    while len(out) < count:
        out += [alphabet[byte % len(alphabet)] for byte in host.random_bytes(count - len(out) + 8) if byte < limit]
    return "".join(out[:count])


def rand_alpha_num(host: Any, count: int) -> str:
    """Return random letters and digits."""
    return _text(host, count, string.ascii_letters + string.digits)


def rand_alpha(host: Any, count: int) -> str:
    """Return random letters."""
    return _text(host, count, string.ascii_letters)


def rand_numeric(host: Any, count: int) -> str:
    """Return random digits."""
    return _text(host, count, string.digits)


def rand_ascii(host: Any, count: int) -> str:
    """Return random printable characters."""
    return _text(host, count, "".join(map(chr, range(32, 127))))


def rand_int(host: Any, low: int, high: int) -> int:
    """Return a random number from low to before high."""
    if high <= low:
        raise FunctionError("invalid argument to Intn")
    return low + _below(host, high - low)


def rand_bytes(host: Any, count: int) -> str:
    """Return random bytes in base64."""
    if count < 0:
        raise FunctionError("runtime error: makeslice: len out of range")
    if count > MAX_LENGTH:
        raise FunctionError(f"result of {count} bytes is larger than {MAX_LENGTH}")
    return base64.b64encode(host.random_bytes(count)).decode()


def uuidv4(host: Any) -> str:
    """Return a random UUID."""
    raw = bytearray(host.random_bytes(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    digits = raw.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


FUNCTIONS: dict[str, Function] = {
    "randAlphaNum": function(rand_alpha_num, "int", host=True, result="string"),
    "randAlpha": function(rand_alpha, "int", host=True, result="string"),
    "randNumeric": function(rand_numeric, "int", host=True, result="string"),
    "randAscii": function(rand_ascii, "int", host=True, result="string"),
    "randInt": function(rand_int, "int", "int", host=True, result="int"),
    "randBytes": function(rand_bytes, "int", host=True, result="string"),
    "uuidv4": function(uuidv4, host=True, result="string"),
}
