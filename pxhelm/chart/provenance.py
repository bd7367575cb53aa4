"""Provenance files: which archive a chart's author vouched for, clear-signed with OpenPGP.

Works on bytes; keyrings and archives are read by others. The cryptography is Sequoia's (docs/adr/0009-openpgp.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pxhelm.chart.encode import metadata_json
from pxhelm.chart.model import Metadata
from pxhelm.errors import PxhelmError
from pxhelm.golang import yaml
from pxhelm.golang.strconv import quote

_BEGIN_MESSAGE: Final = b"-----BEGIN PGP SIGNED MESSAGE-----"
_BEGIN_SIGNATURE: Final = b"-----BEGIN PGP SIGNATURE-----"


class LockedKeyError(PxhelmError):
    """A secret key that is encrypted, and no passphrase for it."""


class KeyringError(PxhelmError):
    """A file that is no keyring."""


@dataclass(frozen=True, slots=True)
class Verification:
    """Who signed what."""

    identities: tuple[str, ...]
    fingerprint: str
    digest: str
    """``sha256:…`` of the archive."""

    def lines(self) -> list[str]:
        """Return what ``verify`` prints."""
        people = [f"Signed by: {one}" for one in self.identities]
        return [
            *people,
            f"Using Key With Fingerprint: {self.fingerprint}",
            f"Chart Hash Verified: {self.digest}",
        ]


def digest(archive: bytes) -> str:
    """Return ``sha256:…`` of an archive."""
    return "sha256:" + hashlib.sha256(archive).hexdigest()


def message(metadata: Metadata, name: str, archive: bytes) -> bytes:
    """Return the text that is signed: Chart.yaml, then the archive's digest."""
    head = yaml.to_yaml(metadata_json(metadata))
    files = yaml.to_yaml({"files": {name: digest(archive)}})
    return f"{head}\n...\n{files}".encode("utf-8", "surrogateescape")


def verify(name: str, archive: bytes, signed: bytes, keyring: bytes) -> Verification:
    """Check signature and digest.

    Raises:
        PxhelmError: in Helm's words.
    """
    from pysequoia import verify as sequoia_verify

    try:
        certificates = read_keyring(keyring)
    except KeyringError as e:
        raise PxhelmError(f"failed to load keyring: {e.message}") from None
    at = signed.find(_BEGIN_SIGNATURE)
    if at < 0 or _BEGIN_MESSAGE not in signed[:at]:
        raise PxhelmError("failed to decode signature: signature block not found")
    try:
        found = sequoia_verify(signed, store=lambda _ids: certificates)
        signer = found.valid_sigs[0]
    except (Exception, BaseException) as e:
        if not isinstance(e, Exception) and type(e).__name__ != "PanicException":
            raise
        raise PxhelmError(_refusal(signed[at:], keyring)) from None
    wanted = _digests(bytes(found.bytes or b"")).get(name)
    if wanted is None:
        raise PxhelmError(f"provenance does not contain a SHA for a file named {quote(name)}")
    have = digest(archive)
    if wanted != have:
        raise PxhelmError(f"sha256 sum does not match for {name}: {quote(wanted)} != {quote(have)}")
    fingerprint = str(signer.certificate).upper()
    owner = next((c for c in certificates if c.fingerprint.upper() == fingerprint), None)
    people = tuple(str(one) for one in owner.user_ids) if owner else ()
    return Verification(people, fingerprint, have)


def _refusal(signature: bytes, keyring: bytes) -> str:
    """Return why a signature is not valid: of a key that is not there (or may not sign), else not of this text."""
    from pysequoia import Sig
    from pysequoia.packet import PacketPile

    unknown = "openpgp: signature made by unknown entity"
    try:
        issuer = str(Sig.from_bytes(signature).issuer_fingerprint or "")
        packets = list(PacketPile.from_bytes(keyring))
    except Exception:  # noqa: BLE001 - the library raises bare exceptions
        return unknown
    start = next((i for i, one in enumerate(packets) if one.fingerprint == issuer and issuer), None)
    if start is None:
        return unknown
    flags = None
    for one in packets[start + 1 :]:
        if one.fingerprint:
            break  # the next key
        flags = one.key_flags or flags
    if flags is not None and not flags.signing:
        return unknown
    kind = repr(packets[start].key_algorithm).rpartition(".")[2]
    return f"openpgp: invalid signature: {'RSA' if kind.startswith('RSA') else kind} verification failure"


def _digests(text: bytes) -> dict[str, str]:
    """Return the digests in a signed text, by file name."""
    parts = text.replace(b"\r\n", b"\n").split(b"\n...\n")
    if len(parts) < 2:
        raise PxhelmError("message block must have at least two parts")
    try:
        found = yaml.load_typed(parts[1].decode("utf-8", "surrogateescape"))
    except yaml.YamlError as e:
        raise PxhelmError(str(e)) from None
    files = found.get("files") if isinstance(found, dict) else None
    return {str(k): str(v) for k, v in files.items()} if isinstance(files, dict) else {}


def sign(text: bytes, keyring: bytes, key: str, passphrase: bytes | None) -> bytes:
    """Clear-sign a text with the secret key whose user id contains ``key``.

    Raises:
        PxhelmError: in Helm's words.
    """
    from pysequoia import SignatureMode
    from pysequoia import sign as sequoia_sign

    found = [c for c in read_keyring(keyring) if any(key in str(one) for one in c.user_ids)]
    if not found:
        raise PxhelmError("private key not found")
    if len(found) > 1 and not (found := [c for c in found if any(key == str(one) for one in c.user_ids)][:1]):
        raise PxhelmError(f"more than one key contain the id {quote(key)}")
    if not found[0].has_secret_keys:
        raise PxhelmError("provided key is not a private key. Try providing a keyring with secret keys")
    try:
        secret = found[0].secrets
        signer = secret.signer(passphrase.decode("utf-8", "surrogateescape")) if passphrase else secret.signer()
    except Exception as e:  # noqa: BLE001 - the library raises bare exceptions
        if "is encrypted" in str(e):
            hint = "give its passphrase with --passphrase-file"
            raise LockedKeyError(f"cannot sign with {quote(key)}: the key wants a passphrase", hint=hint) from None
        if passphrase:
            raise PxhelmError("openpgp: invalid data: private key checksum failure") from None
        raise PxhelmError(f"cannot sign with {quote(key)}: {_first_line(e)}") from None
    try:
        return bytes(sequoia_sign(signer, text, mode=SignatureMode.CLEAR))
    except Exception as e:  # noqa: BLE001 - the library raises bare exceptions
        raise PxhelmError(f"cannot sign with {quote(key)}: {_first_line(e)}") from None


def _first_line(error: Exception) -> str:
    """Return the library's reason without its stack."""
    return str(error).partition("\n")[0]


def read_keyring(data: bytes) -> Sequence[Any]:
    """Return the certificates of a keyring, binary or armored.

    Raises:
        KeyringError: for what is no keyring.
    """
    from pysequoia import Cert

    if not data:
        return []
    if not data[:1] >= b"\x80" and not data.lstrip().startswith(b"-----BEGIN PGP"):
        raise KeyringError("openpgp: invalid data: tag byte does not have MSB set")
    try:
        return list(Cert.split_bytes(data))
    except Exception as e:  # noqa: BLE001 - the library raises bare exceptions
        raise KeyringError(f"openpgp: {_first_line(e)}") from None
