"""The certificates of a simulated cluster: a CA of its own and what it signs; time and nothing else from outside."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM texts."""

    authority: bytes
    chain: bytes
    """Certificate and CA."""
    key: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the server's certificate, as Proxmox shows it."""
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding

        found = x509.load_pem_x509_certificate(self.chain)
        raw = hashlib.sha256(found.public_bytes(Encoding.DER)).hexdigest().upper()
        return ":".join(raw[i : i + 2] for i in range(0, len(raw), 2))


def make(now: float, names: Sequence[str], *, expired: bool = False) -> Certificates:
    """Return a fresh CA and a certificate for the names and addresses."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    start = dt.datetime.fromtimestamp(now, dt.UTC)
    day = dt.timedelta(days=1)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
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
    authority = root.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Certificates(authority, leaf.public_bytes(Encoding.PEM) + authority, private)


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
