r"""What others wrote (names, notes, messages of a cluster), as it may stand on a terminal.

A terminal takes some characters for commands: to move, to erase, to change its title. They are shown instead of sent, as
kubectl shows them. Never touches what programs read: JSON and YAML have escapes of their own.
"""

from __future__ import annotations

from typing import Final

_SHOWN: Final = {
    **{code: f"^{chr(code ^ 0x40)}" for code in (*range(0x20), 0x7F)},
    **{code: f"\\x{code:02x}" for code in range(0x80, 0xA0)},
    **{0xDC00 + byte: f"\\x{byte:02x}" for byte in range(0x80, 0x100)},  # as surrogateescape carries what is no UTF-8
    ord("\t"): "\t",
    ord("\n"): "\n",
    ord("\r"): "\\r",
}


def harmless(text: str) -> str:
    r"""Return a text whose control characters are shown (``^[``, ``\r``, ``\x9b``); lines and tabs stay."""
    return text if text.isprintable() else text.translate(_SHOWN)


def one_line(text: str) -> str:
    """Return the first line of a text, with ``...`` for what follows, as kubectl shows it in a table."""
    first, more, _ = text.partition("\n")
    return harmless(f"{first}..." if more else first)
