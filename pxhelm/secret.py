"""``Secret``, a text that never prints itself, and the sealing of stored payloads (engine.md D8.2b).

Never writes a key: the composition root reads or makes it. Sealed form: ``b"px1" + nonce(12) + AES-GCM``.
"""

from __future__ import annotations

from dataclasses import dataclass

REDACTED = "***"
KEY_BYTES = 32
_MAGIC = b"px1"


class Secret:
    """A text whose ``repr`` and ``str`` are ``***``; only ``reveal`` gives it away."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text; called by the wire encoder and the sealer alone."""
        return self._text

    def __repr__(self) -> str:
        return REDACTED

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        import hmac

        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(("Secret", self._text))


@dataclass(frozen=True, slots=True)
class SealingKey:
    """``KEY_BYTES`` bytes that seal payloads and key the HMACs of one installation."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes")

    def __repr__(self) -> str:
        return f"SealingKey({REDACTED})"

    def seal(self, payload: bytes, context: str, nonce: bytes) -> bytes:
        """Encrypt ``payload`` so that it opens only with the same ``context`` (say ``release:ns/name.v1``).

        ``nonce`` is 12 fresh random bytes, given by an edge.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return _MAGIC + nonce + AESGCM(self.raw).encrypt(nonce, payload, context.encode())

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Decrypt what ``seal`` made; ValueError when the key or the context is another."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if sealed[:3] != _MAGIC:
            raise ValueError("not a sealed payload")
        try:
            return AESGCM(self.raw).decrypt(sealed[3:15], sealed[15:], context.encode())
        except InvalidTag:
            raise ValueError("sealed with another key") from None

    def fingerprint(self, value: str) -> str:
        """Return the keyed HMAC by which write-only values are compared."""
        import hashlib
        import hmac

        return hmac.new(self.raw, value.encode(), hashlib.sha256).hexdigest()
