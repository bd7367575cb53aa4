"""Private keys and X.509 certificates.

Keys come from the library's own secure randomness: it takes no other.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

from pxhelm.golang.base64 import Base64Error, decode
from pxhelm.golang.strconv import quote
from pxhelm.golang.text import to_string
from pxhelm.golang.value import go_bytes, go_string, runes
from pxhelm.gotemplate.signature import Function, FunctionError, function

_DAY_SECONDS = 86400
_FIRST_YEAR = 1950
"""Of the dates that can be encoded."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, both PEM."""

    GO_TYPE: ClassVar[str] = "sprig.certificate"
    GO_KIND: ClassVar[str] = "struct"
    GO_FIELDS: ClassVar[dict[str, str]] = {"Cert": "cert", "Key": "key"}

    cert: str
    key: str

    def go_json(self) -> dict[str, str]:
        """Return what JSON holds of it."""
        return {"Cert": self.cert, "Key": self.key}


def gen_private_key(kind: str) -> str:
    """Return a new private key (rsa, ecdsa, dsa, ed25519) as PEM."""
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

    if kind in ("", "rsa"):
        return _key_pem(rsa.generate_private_key(65537, 4096))
    if kind == "dsa":
        return _key_pem(dsa.generate_private_key(2048))
    if kind == "ecdsa":
        return _key_pem(ec.generate_private_key(ec.SECP256R1()))
    if kind == "ed25519":
        return _key_pem(ed25519.Ed25519PrivateKey.generate())
    return f"Unknown type {kind}"


def _key_pem(key: Any) -> str:
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric import ed25519

    form = s.PrivateFormat.PKCS8 if isinstance(key, ed25519.Ed25519PrivateKey) else s.PrivateFormat.TraditionalOpenSSL
    return str(key.private_bytes(s.Encoding.PEM, form, s.NoEncryption()).decode())


_BLOCK = re.compile(rb"-----BEGIN ([^-\n]*)-----\s*(.*?)-----END \1-----", re.DOTALL)


def _load_key(pem: str) -> Any:
    """Read a private key; FunctionError with sprig's reasons."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    raw = go_bytes(pem)
    found = _BLOCK.search(raw)
    if not found:
        raise FunctionError("no PEM data in input")
    kind = found[1].decode("utf-8", "replace")
    if kind != "PRIVATE KEY" and not kind.endswith(" PRIVATE KEY"):
        raise FunctionError(f"no private key data in PEM block of type {kind}")
    name = kind.removesuffix("PRIVATE KEY").strip()
    if name not in ("", "RSA", "EC", "DSA"):
        raise FunctionError(f"invalid private key type {name}")
    try:
        return load_pem_private_key(found[0] + b"\n", None)
    except (ValueError, TypeError) as error:
        where = f"parsing {name} private key from PEM" if name else "decoding PEM as PKCS#8"
        raise FunctionError(f"{where}: {error}") from None


def _new_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(65537, 2048)


def _given_key(pem: str) -> Any:
    try:
        return _load_key(pem)
    except FunctionError as error:
        raise FunctionError(f"parsing private key: {error}") from None


def _listed(names: object) -> list[object]:
    return names if isinstance(names, list) else []


def _address(text: object) -> Any:
    if not isinstance(text, str):
        raise FunctionError(f"error parsing ip: {to_string(text)} is not a string")
    try:
        found = ipaddress.ip_address(text if "%" not in text else "")
    except ValueError:
        raise FunctionError(f"error parsing ip: {text}") from None
    return getattr(found, "ipv4_mapped", None) or found


@dataclass(frozen=True, slots=True)
class _Request:
    """What a certificate is to say, as the template gives it."""

    name: str
    days: int
    ips: object = None
    dns: object = None
    is_ca: bool = False

    def alternates(self) -> list[Any]:
        """Return the names that it stands for beside its own; FunctionError for what is none."""
        from cryptography import x509

        addresses = [x509.IPAddress(_address(text)) for text in _listed(self.ips)]
        for name in _listed(self.dns):
            if not isinstance(name, str):
                raise FunctionError(f"error processing alternate dns name: {to_string(name)} is not a string")
        if runes(self.name) != self.name:
            raise FunctionError("error creating certificate: asn1: string not valid UTF-8")
        for name in _listed(self.dns):
            if not str(name).isascii():
                raise FunctionError(
                    f"error creating certificate: x509: {quote(str(name))} cannot be encoded as an IA5String"
                )
        return [*(x509.DNSName(str(name)) for name in _listed(self.dns)), *addresses]

    def subject(self) -> Any:
        """Return its own name, which may be longer than the standard allows, as in Go."""
        from cryptography import x509

        if not self.name:
            return x509.Name([])
        with warnings.catch_warnings(action="ignore"):
            return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, self.name, _validate=False)])

    def seconds(self) -> int:
        """Return for how long it is valid, in the 64 bits that Go counts nanoseconds with."""
        return ((_DAY_SECONDS * 10**9 * self.days + 2**63) % 2**64 - 2**63) // 10**9


def _sign(host: Any, request: _Request, key: Any, parent: Any, parent_key: Any) -> Certificate:
    """Make a certificate as sprig's template has it; ``parent`` None: signed by its own key."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.x509.oid import ExtendedKeyUsageOID

    alternates = request.alternates()
    subject = request.subject()
    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(host.now()))
    end = start + timedelta(seconds=request.seconds())
    if end.year < _FIRST_YEAR:
        raise FunctionError(f"error creating certificate: valid until {end.year}, before {_FIRST_YEAR}")
    builder = (
        # not by its methods: they refuse an end before the beginning, which Go does not
        x509.CertificateBuilder(not_valid_before=start, not_valid_after=end)
        .subject_name(subject)
        .issuer_name(subject if parent is None else parent.subject)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(host.random_bytes(16)) >> 1 or 1)
        .add_extension(_usage(is_ca=request.is_ca), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=request.is_ca, path_length=None), critical=True)
    )
    if request.is_ca:
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = builder.add_extension(own, critical=False)
    identifier = _identifier(parent)
    if identifier is not None:
        builder = builder.add_extension(identifier, critical=False)
    if alternates:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternates), critical=not request.name)
    algorithm = None if isinstance(parent_key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    try:
        made = builder.sign(parent_key, algorithm)
    except (ValueError, TypeError) as error:
        raise FunctionError(f"error creating certificate: {error}") from None
    return Certificate(made.public_bytes(serialization.Encoding.PEM).decode(), _key_pem(key))


def _identifier(parent: Any) -> Any:
    from cryptography import x509

    if parent is None:
        return None
    try:
        own = parent.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return None
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value)


def _usage(*, is_ca: bool) -> Any:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _signed(host: Any, request: _Request, ca: Certificate, key: Any) -> Certificate:
    parent = _load_certificate(ca.cert, "decodedSignerCert.Bytes")
    try:
        parent_key = _load_key(ca.key)
    except FunctionError as error:
        raise FunctionError(f"error parsing private key: {error}") from None
    return _sign(host, request, key, parent, parent_key)


def _load_certificate(pem: str, what: str) -> Any:
    from cryptography import x509

    found = _BLOCK.search(go_bytes(pem))
    if not found:
        raise FunctionError("unable to decode certificate")
    try:
        return x509.load_der_x509_certificate(base64.b64decode(found[2]))
    except (ValueError, binascii.Error) as error:
        raise FunctionError(f"error parsing certificate: {what}: {error}") from None


def gen_ca(host: Any, name: str, days: int) -> Certificate:
    """Return a new certificate authority."""
    key = _new_key()
    return _sign(host, _Request(name, days, is_ca=True), key, None, key)


def gen_ca_with_key(host: Any, name: str, days: int, pem: str) -> Certificate:
    """Return a certificate authority with a given key."""
    key = _given_key(pem)
    return _sign(host, _Request(name, days, is_ca=True), key, None, key)


def gen_self_signed(host: Any, *arguments: Any) -> Certificate:
    """Return a self-signed certificate: name, IPs, DNS names, days and, perhaps, its key."""
    name, ips, dns, days = arguments[:4]
    key = _given_key(arguments[4]) if len(arguments) > 4 else _new_key()
    return _sign(host, _Request(name, days, ips, dns), key, None, key)


def gen_signed(host: Any, *arguments: Any) -> Certificate:
    """Return a certificate signed by an authority: name, IPs, DNS names, days, authority and, perhaps, its key."""
    name, ips, dns, days, ca = arguments[:5]
    key = _given_key(arguments[5]) if len(arguments) > 5 else _new_key()
    return _signed(host, _Request(name, days, ips, dns), ca, key)


def build_custom_cert(cert: str, key: str) -> Certificate:
    """Return a certificate and key given in base64, once both are found to be sound."""
    decoded: list[str] = []
    for text, what in ((cert, "certificate"), (key, "private key")):
        try:
            raw = decode(go_bytes(text))
        except Base64Error:
            raise FunctionError(f"unable to decode base64 {what}") from None
        decoded.append(go_string(raw))
    _load_certificate(decoded[0], "decodedCert.Bytes")
    try:
        _load_key(decoded[1])
    except FunctionError as error:
        raise FunctionError(f"error parsing private key: {error}") from None
    return Certificate(decoded[0], decoded[1])


_CERT = "sprig.certificate"
_NAMES = ("string", "[]interface {}", "[]interface {}", "int")
FUNCTIONS: dict[str, Function] = {
    "genPrivateKey": function(gen_private_key, "string", result="string"),
    "genCA": function(gen_ca, "string", "int", host=True, result=_CERT),
    "genCAWithKey": function(gen_ca_with_key, "string", "int", "string", host=True, result=_CERT),
    "genSelfSignedCert": function(gen_self_signed, *_NAMES, host=True, result=_CERT),
    "genSelfSignedCertWithKey": function(gen_self_signed, *_NAMES, "string", host=True, result=_CERT),
    "genSignedCert": function(gen_signed, *_NAMES, _CERT, host=True, result=_CERT),
    "genSignedCertWithKey": function(gen_signed, *_NAMES, _CERT, "string", host=True, result=_CERT),
    "buildCustomCert": function(build_custom_cert, "string", "string", result=_CERT),
}
