"""Random and cryptographic functions, by the shape of their results."""

import base64
import re
from types import SimpleNamespace

import bcrypt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from pxhelm.gotemplate.functions import ALL
from pxhelm.gotemplate.signature import FunctionError

NOW = 1_700_000_000


def host(seed=1):
    state = [seed]

    def random_bytes(count):
        out = bytearray()
        while len(out) < count:
            state[0] = (state[0] * 6364136223846793005 + 1442695040888963407) % 2**64
            out += state[0].to_bytes(8)[:4]
        return bytes(out[:count])

    return SimpleNamespace(now=lambda: NOW, random_bytes=random_bytes, dns=lambda _name: "", zone="UTC")


def call(name, *arguments):
    return ALL[name].call(*([host()] if ALL[name].host else []), *arguments)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("randAlpha", "[A-Za-z]{40}"),
        ("randAlphaNum", "[A-Za-z0-9]{40}"),
        ("randNumeric", "[0-9]{40}"),
        ("randAscii", "[ -~]{40}"),
    ],
)
def test_random_text_has_its_alphabet_and_length(name, pattern):
    assert re.fullmatch(pattern, call(name, 40))
    assert call(name, 0) == ""


def test_the_same_randomness_gives_the_same_text_and_another_another():
    assert ALL["randAlpha"].call(host(1), 20) == ALL["randAlpha"].call(host(1), 20)
    assert ALL["randAlpha"].call(host(1), 20) != ALL["randAlpha"].call(host(2), 20)


def test_random_ints_stay_in_their_range_and_reach_both_ends():
    source = host()
    assert {ALL["randInt"].call(source, 3, 6) for _ in range(200)} == {3, 4, 5}
    with pytest.raises(FunctionError, match="invalid argument to Intn"):
        call("randInt", 3, 3)


def test_random_bytes_come_in_base64():
    assert len(base64.b64decode(call("randBytes", 17))) == 17


def test_a_uuid_is_of_version_4():
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", call("uuidv4"))


def test_shuffling_keeps_the_characters():
    assert sorted(call("shuffle", "abcdefghij")) == list("abcdefghij")


def test_htpasswd_holds_a_bcrypt_hash_of_cost_10():
    user, _, hashed = call("htpasswd", "me", "secret").partition(":")
    assert user == "me"
    assert hashed.startswith("$2a$10$")
    assert bcrypt.checkpw(b"secret", hashed.encode())


def test_derived_passwords_are_those_of_sprig():
    # from helm v3.22, see shared/design/helm-template.md
    assert call("derivePassword", 1, "long", "password", "user", "example.com") == "ZedaFaxcZaso9*"


def test_aes_opens_what_it_sealed():
    assert call("decryptAES", "key", call("encryptAES", "key", "plain é")) == "plain é"


@pytest.mark.parametrize(("kind", "header"), [("ecdsa", "EC PRIVATE KEY"), ("ed25519", "PRIVATE KEY")])
def test_private_keys_have_gos_pem_headers(kind, header):
    pem = call("genPrivateKey", kind)
    assert pem.startswith(f"-----BEGIN {header}-----\n")
    assert load_pem_private_key(pem.encode(), None)


def test_a_signed_certificate_names_its_authority_and_hosts():
    key = call("genPrivateKey", "ecdsa")
    ca = call("genCAWithKey", "my ca", 365, key)
    made = call("genSignedCertWithKey", "web", ["10.0.0.1"], ["a.example", "b.example"], 30, ca, key)
    certificate = x509.load_pem_x509_certificate(made.cert.encode())
    authority = x509.load_pem_x509_certificate(ca.cert.encode())
    certificate.verify_directly_issued_by(authority)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example", "b.example"]
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1"]
    assert certificate.not_valid_before_utc.timestamp() == NOW
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 30
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    rebuilt = call("buildCustomCert", call("b64enc", made.cert), call("b64enc", made.key))
    assert rebuilt == made


def test_bad_keys_and_names_are_told_as_sprig_tells_them():
    with pytest.raises(FunctionError, match="parsing private key: no PEM data in input"):
        call("genCAWithKey", "x", 1, "nothing")
    with pytest.raises(FunctionError, match="error parsing ip: nowhere"):
        call("genSelfSignedCertWithKey", "x", ["nowhere"], [], 1, call("genPrivateKey", "ecdsa"))
