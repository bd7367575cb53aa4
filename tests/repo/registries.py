"""The registries that tests play against: our stand-in, and CNCF Distribution once `make interop` has installed it."""

import base64
import json
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import bcrypt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pxhelm.simulator import certificate
from tests.conformance.registry import BASIC, PASSWORD, USER, Registry

REAL = Path(__file__).parents[2] / ".cache" / "registry-v3.0.0" / "registry"


@dataclass(frozen=True)
class Running:
    """A registry that listens."""

    host: str
    ca: str = ""
    asked: tuple | list = ()
    """What the stand-in was asked: method, path, Authorization."""


@contextmanager
def serving(server):
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def certificates(folder):
    made = certificate.make(time.time(), ["localhost", "127.0.0.1"])
    for name, text in (("ca.pem", made.authority), ("chain.pem", made.chain), ("key.pem", made.key)):
        (folder / name).write_bytes(text)


@contextmanager
def stand_in(folder, auth="", *, tls=False):
    context = None
    if tls:
        certificates(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    server = Registry(auth, context)
    with serving(server) as port:
        yield Running(f"127.0.0.1:{port}", str(folder / "ca.pem") if tls else "", server.asked)


@contextmanager
def real(folder, auth="", *, tls=False):
    if tls:
        certificates(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with token_service(folder) as realm:
        config = {
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(folder / "blobs")}},
            "http": {"addr": f"127.0.0.1:{port}"},
        }
        if tls:
            config["http"]["tls"] = {"certificate": str(folder / "chain.pem"), "key": str(folder / "key.pem")}
        if auth == "basic":
            word = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4, prefix=b"2a")).decode()
            (folder / "htpasswd").write_text(f"{USER}:{word}\n")
            config["auth"] = {"htpasswd": {"realm": "basic-realm", "path": str(folder / "htpasswd")}}
        if auth == "bearer":
            bundle = str(folder / "token.pem")
            config["auth"] = {"token": {"realm": realm, "service": "reg", "issuer": "me", "rootcertbundle": bundle}}
        (folder / "config.yml").write_text(json.dumps(config))
        with subprocess.Popen([REAL, "serve", folder / "config.yml"], stderr=subprocess.DEVNULL) as process:
            try:
                wait_for(port)
                yield Running(f"127.0.0.1:{port}", str(folder / "ca.pem") if tls else "")
            finally:
                process.terminate()


def wait_for(port):
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


@contextmanager
def token_service(folder):
    """The token service of a real registry: signs what it is asked for by somebody who has the password."""
    from cryptography import x509

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    chain = self_signed(key)
    (folder / "token.pem").write_bytes(chain.public_bytes(serialization.Encoding.PEM))
    assert isinstance(chain, x509.Certificate)
    x5c = [base64.b64encode(chain.public_bytes(serialization.Encoding.DER)).decode()]

    def part(document):
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    def token(scopes):
        split = [scope.split(":") for scope in scopes]
        access = [{"type": kind, "name": name, "actions": actions.split(",")} for kind, name, actions in split]
        now = int(time.time())
        claims = {"iss": "me", "sub": USER, "aud": "reg", "exp": now + 60, "nbf": now - 5, "iat": now, "jti": "1"}
        text = part({"alg": "RS256", "typ": "JWT", "x5c": x5c}) + b"." + part({**claims, "access": access})
        return (text + b"." + part(key.sign(text, padding.PKCS1v15(), hashes.SHA256()))).decode()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_arguments):
            """Say nothing."""

        def do_GET(self):
            allowed = self.headers.get("Authorization") == BASIC
            scopes = " ".join(parse_qs(urlsplit(self.path).query).get("scope", [])).split()
            body = json.dumps({"token": token(scopes)}).encode() if allowed else b""
            self.send_response(200 if allowed else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}/token"


def self_signed(key):
    import datetime as dt

    from cryptography import x509
    from cryptography.x509.oid import NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "token")])
    now = dt.datetime.now(dt.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now - dt.timedelta(1)).not_valid_after(now + dt.timedelta(1))
    return built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
        key, hashes.SHA256()
    )


def get(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read()
