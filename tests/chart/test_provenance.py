"""Signatures of real Helm are verified, ours have its form. Texts are those of ``helm verify`` v3.22."""

from pathlib import Path

import pytest
from pysequoia import Cert, Tsk

from pxhelm.chart import provenance
from pxhelm.chart.load import load_archive
from pxhelm.chart.provenance import KeyringError, LockedKeyError
from pxhelm.errors import PxhelmError

SIGNED = Path(__file__).parent / "signed"
NAME = "web-1.2.3.tgz"
PUBLIC = (SIGNED / "pub.gpg").read_bytes()
RSA, ED = "6B76ECE15EEAF6112B681E51F9F43AD56E7F7501", "2F594FC7DD09345649E1158092999DC1E4324972"


def files(key):
    return (SIGNED / key / NAME).read_bytes(), (SIGNED / key / f"{NAME}.prov").read_bytes()


def refusal(*arguments):
    with pytest.raises(PxhelmError) as found:
        provenance.verify(*arguments)
    return found.value.message


@pytest.mark.parametrize(
    ("key", "fingerprint", "keyring"), [("rsa", RSA, "pub.gpg"), ("rsa", RSA, "pub.asc"), ("ed", ED, "pub.gpg")]
)
def test_what_helm_signed_is_verified(key, fingerprint, keyring):
    archive, signed = files(key)
    found = provenance.verify(NAME, archive, signed, (SIGNED / keyring).read_bytes())
    assert found.lines() == [
        f"Signed by: {key} <{key}@example.invalid>",
        f"Using Key With Fingerprint: {fingerprint}",
        f"Chart Hash Verified: {provenance.digest(archive)}",
    ]


def test_a_tampered_archive_is_refused():
    archive, signed = files("rsa")
    told = refusal(NAME, archive + b"x", signed, PUBLIC)
    assert told.startswith(f'sha256 sum does not match for {NAME}: "{provenance.digest(archive)}" != "sha256:')


def test_an_archive_under_another_name_is_refused():
    archive, signed = files("rsa")
    wanted = 'provenance does not contain a SHA for a file named "other-1.2.3.tgz"'
    assert refusal("other-1.2.3.tgz", archive, signed, PUBLIC) == wanted


@pytest.mark.parametrize(("key", "algorithm"), [("rsa", "RSA"), ("ed", "EdDSA")])
def test_a_tampered_text_is_refused(key, algorithm):
    archive, signed = files(key)
    told = refusal(NAME, archive, signed.replace(b"name: web", b"name: wex"), PUBLIC)
    assert told == f"openpgp: invalid signature: {algorithm} verification failure"


@pytest.mark.parametrize("keyring", [(SIGNED / "other.gpg").read_bytes(), b""])
def test_the_signature_of_a_stranger_is_refused(keyring):
    archive, signed = files("rsa")
    assert refusal(NAME, archive, signed, keyring) == "openpgp: signature made by unknown entity"


def test_a_key_that_may_not_sign_is_no_signer():
    archive, signed = files("sub")
    assert refusal(NAME, archive, signed, PUBLIC) == "openpgp: signature made by unknown entity"


@pytest.mark.parametrize("cut", [b"-----BEGIN PGP SIGNED MESSAGE", b"-----BEGIN PGP SIGNATURE"])
def test_a_file_without_a_signature_is_told(cut):
    archive, signed = files("rsa")
    broken = signed.partition(cut)[0] if b"SIGNATURE" in cut else signed.replace(cut, b"-----BEGIN")
    assert refusal(NAME, archive, broken, PUBLIC) == "failed to decode signature: signature block not found"


def test_what_is_no_keyring_is_told():
    archive, signed = files("rsa")
    told = refusal(NAME, archive, signed, b"hunter22\n")
    assert told == "failed to load keyring: openpgp: invalid data: tag byte does not have MSB set"


def made(key, name="Ada <ada@example.invalid>"):
    """Sign the recorded chart anew."""
    archive, _ = files("rsa")
    text = provenance.message(load_archive(archive).metadata, NAME, archive)
    return archive, text, provenance.sign(text, bytes(key), name, None)


def test_the_signed_text_is_the_one_that_helm_signs():
    archive, signed = files("rsa")
    text = provenance.message(load_archive(archive).metadata, NAME, archive)
    body = signed.partition(b"\n\n")[2].partition(b"\n-----BEGIN PGP SIGNATURE")[0]
    assert text.rstrip(b"\n") == body.rstrip(b"\n")


def test_what_we_sign_is_verified_with_the_public_key_alone():
    key = Tsk.generate("Ada <ada@example.invalid>")
    archive, _, signed = made(key)
    found = provenance.verify(NAME, archive, signed, bytes(key.extract_certificate()))
    assert found.identities == ("Ada <ada@example.invalid>",)
    assert found.fingerprint == key.extract_certificate().fingerprint.upper()


def test_a_locked_key_wants_its_passphrase_and_no_other():
    locked = (SIGNED / "locked.gpg").read_bytes()
    with pytest.raises(LockedKeyError, match="the key wants a passphrase"):
        provenance.sign(b"text", locked, "locked", None)
    with pytest.raises(PxhelmError, match="openpgp: invalid data: private key checksum failure"):
        provenance.sign(b"text", locked, "locked", b"wrong")
    assert b"BEGIN PGP SIGNATURE" in provenance.sign(b"text", locked, "locked", b"hunter22")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody", "private key not found"),
        ("example.invalid", 'more than one key contain the id "example.invalid"'),
        ("rsa", "provided key is not a private key. Try providing a keyring with secret keys"),
    ],
)
def test_the_key_to_sign_with_is_named_without_doubt(name, message):
    with pytest.raises(PxhelmError) as found:
        provenance.sign(b"text", PUBLIC, name, None)
    assert found.value.message == message


def test_a_full_user_id_wins_over_keys_that_contain_it():
    keys = [Tsk.generate(name) for name in ("Ada <ada@example.invalid>", "Ada <ada@example.invalid>, work")]
    signed = provenance.sign(b"text", b"".join(map(bytes, keys)), "Ada <ada@example.invalid>", None)
    assert b"BEGIN PGP SIGNATURE" in signed


def test_a_keyring_that_is_none_is_its_own_error():
    with pytest.raises(KeyringError):
        provenance.read_keyring(b"text")
    assert all(isinstance(c, Cert) for c in provenance.read_keyring(PUBLIC))
