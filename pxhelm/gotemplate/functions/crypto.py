"""Passwords and ciphers: bcrypt, htpasswd, derivePassword, AES, private keys.

Certificates are ``certificates``'s. Salts, vectors and keys come from the host's randomness where the library lets us.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from typing import Any

from pxhelm.golang.base64 import Base64Error, decode
from pxhelm.golang.value import go_bytes, go_string
from pxhelm.gotemplate.signature import Function, FunctionError, function

BCRYPT_COST = 10


def bcrypt(host: Any, text: str) -> str:
    """Return a bcrypt hash of cost 10; an error text for more than 72 bytes."""
    import bcrypt as library

    raw = go_bytes(text)
    if len(raw) > 72:
        return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
    salt = _bcrypt_base64(host.random_bytes(16))
    return library.hashpw(raw, f"$2a${BCRYPT_COST}${salt}".encode()).decode()


def _bcrypt_base64(raw: bytes) -> str:
    common = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    own = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return base64.b64encode(raw).rstrip(b"=").translate(bytes.maketrans(common, own)).decode()


def htpasswd(host: Any, user: str, password: str) -> str:
    """Return a line of an htpasswd file."""
    return f"invalid username: {user}" if ":" in user else f"{user}:{bcrypt(host, password)}"


_SEED = b"com.lyndir.masterpassword"
_TEMPLATES = {
    "maximum": "anoxxxxxxxxxxxxxxxxx axxxxxxxxxxxxxxxxxno",
    "long": (
        "CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv "
        "CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv "
        "CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno"
    ),
    "medium": "CvcnoCvc CvcCvcno",
    "short": "Cvcn",
    "basic": "aaanaaan aannaaan aaannaaa",
    "pin": "nnnn",
}
_LETTERS = "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
_CHARACTERS = {
    "V": "AEIOU",
    "C": "BCDFGHJKLMNPQRSTVWXYZ",
    "v": "aeiou",
    "c": "bcdfghjklmnpqrstvwxyz",
    "A": "AEIOUBCDFGHJKLMNPQRSTVWXYZ",
    "a": _LETTERS,
    "n": "0123456789",
    "o": "@&%?,=[]_:-+*$#!'^~;()/.",
    "x": _LETTERS + "0123456789!@#$%^&*()",
}


def derive_password(counter: int, kind: str, password: str, user: str, site: str) -> str:
    """Return the Master Password of a site: always the same for the same arguments."""
    if kind not in _TEMPLATES:
        return f"cannot find password template {kind}"
    name, place = go_bytes(user), go_bytes(site)
    salt = _SEED + struct.pack(">I", len(name)) + name
    key = hashlib.scrypt(go_bytes(password), salt=salt, n=32768, r=8, p=2, dklen=64, maxmem=128 << 20)
    message = _SEED + struct.pack(">I", len(place)) + place + struct.pack(">I", counter)
    seed = hmac.new(key, message, hashlib.sha256).digest()
    templates = _TEMPLATES[kind].split()
    template = templates[seed[0] % len(templates)]
    return "".join(_CHARACTERS[c][seed[i + 1] % len(_CHARACTERS[c])] for i, c in enumerate(template))


def _aes_key(password: str) -> bytes:
    return go_bytes(password)[:32].ljust(32, b"\0")


def encrypt_aes(host: Any, password: str, text: str) -> str:
    """Encrypt by AES-256-CBC; the key is the password, cut or filled to 32 bytes."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    if not text:
        return ""
    raw = go_bytes(text)
    padding = 16 - len(raw) % 16
    vector = host.random_bytes(16)
    encryptor = Cipher(algorithms.AES(_aes_key(password)), modes.CBC(vector)).encryptor()
    sealed = encryptor.update(raw + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(vector + sealed).decode()


def decrypt_aes(password: str, text: str) -> str:
    """Decrypt what ``encryptAES`` made."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    if not text:
        return ""
    try:
        raw = decode(go_bytes(text))
    except Base64Error as error:
        raise FunctionError(str(error)) from None
    if len(raw) < 16:
        raise FunctionError(
            f"runtime error: slice bounds out of range [:16] with capacity {len(go_bytes(text)) // 4 * 3}"
        )
    if len(raw) % 16:
        raise FunctionError("crypto/cipher: input not full blocks")
    if len(raw) == 16:
        raise FunctionError("runtime error: index out of range [-1]")
    decryptor = Cipher(algorithms.AES(_aes_key(password)), modes.CBC(raw[:16])).decryptor()
    plain = decryptor.update(raw[16:]) + decryptor.finalize()
    end = len(plain) - plain[-1]
    if end < 0:
        raise FunctionError(f"runtime error: slice bounds out of range [:{end}]")
    return go_string(plain[:end])


FUNCTIONS: dict[str, Function] = {
    "bcrypt": function(bcrypt, "string", host=True, result="string"),
    "htpasswd": function(htpasswd, "string", "string", host=True, result="string"),
    "derivePassword": function(derive_password, "uint32", "string", "string", "string", "string", result="string"),
    "encryptAES": function(encrypt_aes, "string", "string", host=True, result="string"),
    "decryptAES": function(decrypt_aes, "string", "string", result="string"),
}
