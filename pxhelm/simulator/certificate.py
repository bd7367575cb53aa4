"""The certificates of a simulated cluster: a CA of its own and what it signs; time and nothing else from outside."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM texts."""

    authority: bytes
    chain: bytes
    """Certificate and CA."""
    key: bytes
    authority_key: bytes = b""
    """The CA's own key; empty when it was not told."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the server's certificate, as Proxmox shows it."""
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding

        found = x509.load_pem_x509_certificate(self.chain)
        raw = hashlib.sha256(found.public_bytes(Encoding.DER)).hexdigest().upper()
        return ":".join(raw[i : i + 2] for i in range(0, len(raw), 2))


def make(
    now: float, names: Sequence[str], *, expired: bool = False, authority: tuple[bytes, bytes] | None = None
) -> Certificates:
    """Return a CA (a fresh one, or the given certificate and key) and a certificate for the names and addresses."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )
    from cryptography.x509.oid import NameOID

    start = dt.datetime.fromtimestamp(now, dt.UTC)
    day = dt.timedelta(days=1)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    if authority is not None:
        given = load_pem_private_key(authority[1], None)
        assert isinstance(given, ec.EllipticCurvePrivateKey)
        root_key = given
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Simulated Proxmox VE CA")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulated cluster")])
    root = (
        x509.CertificateBuilder()
        .subject_name(issuer)
        .issuer_name(issuer)
        .public_key(root_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - 30 * day)
        .not_valid_after(start + 3650 * day)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - 20 * day)
        .not_valid_after(start - day if expired else start + 365 * day)
        .add_extension(x509.SubjectAlternativeName([_name(n) for n in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    pem = authority[0] if authority is not None else root.public_bytes(Encoding.PEM)
    how = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Certificates(
        pem, leaf.public_bytes(Encoding.PEM) + pem, key.private_bytes(*how), root_key.private_bytes(*how)
    )


def facts(pem: bytes, filename: str) -> dict[str, Any]:
    """Return what ``/nodes/{node}/certificates/info`` tells of a certificate; of a chain, of its first."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    found = x509.load_pem_x509_certificate(pem)
    key = found.public_key()
    raw = hashlib.sha256(found.public_bytes(Encoding.DER)).hexdigest().upper()
    told = {
        "filename": filename,
        "fingerprint": ":".join(raw[i : i + 2] for i in range(0, len(raw), 2)),
        "issuer": f"/CN={found.issuer.rfc4514_string().removeprefix('CN=')}",
        "subject": f"/CN={found.subject.rfc4514_string().removeprefix('CN=')}",
        "notbefore": int(found.not_valid_before_utc.timestamp()),
        "notafter": int(found.not_valid_after_utc.timestamp()),
        "pem": found.public_bytes(Encoding.PEM).decode(),
        "public-key-bits": key.key_size if isinstance(key, ec.EllipticCurvePublicKey) else 0,
        "public-key-type": "id-ecPublicKey",
    }
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return told
    return {**told, "san": [str(name.value) for name in names]}


def _usage(*, authority: bool):  # type: ignore[no-untyped-def] # noqa: ANN202 - cryptography is imported at the point of use
    from cryptography import x509

    flags = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(key_cert_sign=authority, crl_sign=authority, **flags)


def _name(text: str):  # type: ignore[no-untyped-def] # noqa: ANN202 - as above
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
