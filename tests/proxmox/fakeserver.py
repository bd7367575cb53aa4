"""A tiny HTTPS server that behaves as a test says: answers, drops, closes; and certificates of any kind."""

import contextlib
import datetime as dt
import ipaddress
import json
import socket
import ssl
import threading
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


@dataclass
class Seen:
    """A request that arrived."""

    method: str
    path: str
    headers: dict
    body: bytes
    connection: int

    @property
    def form(self):
        return parse_qsl(self.body.decode() or urlsplit(self.path).query, keep_blank_values=True)


@dataclass
class Answer:
    """What to do with a request: answer, or ``drop`` the connection before or after reading it."""

    status: int = 200
    reason: str = "OK"
    data: object = None
    body: bytes | None = None
    headers: dict = field(default_factory=dict)
    drop: bool = False
    delay: float = 0.0
    length: int | None = None
    """What is promised; the connection is closed after the body when it is more."""


def failure(status, reason, message=None, errors=None):
    content = {"data": None, "message": f"{message or reason}\n", **({"errors": errors} if errors else {})}
    return Answer(status, reason, body=json.dumps(content).encode())


class FakeServer:
    """Serves one answer after another; ``script`` is a list, or a function from Seen to Answer."""

    def __init__(self, script=None, tls=None):
        self.script = script or []
        self.seen = []
        self.connections = 0
        self._lock = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._tls = tls
        self._open = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def endpoint(self):
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
                each.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection, number):
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.add(connection)
            stream = connection.makefile("rb")
            while self._one(connection, stream, number):
                pass
        except (OSError, ValueError):
            pass
        finally:
            self._open.discard(connection)
            with contextlib.suppress(OSError):
                connection.close()

    def _one(self, connection, stream, number):
        line = stream.readline().decode()
        if not line:
            return False
        method, path, _ = line.split(" ", 2)
        headers = {}
        while (line := stream.readline().decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        seen = Seen(method, path, headers, body, number)
        with self._lock:
            self.seen.append(seen)
            answer = self.script(seen) if callable(self.script) else self.script.pop(0)
        if answer.delay:
            threading.Event().wait(answer.delay)
        if answer.drop:
            return False
        content = json.dumps({"data": answer.data}).encode() if answer.body is None else answer.body
        close = answer.status >= 400 or answer.length is not None
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}", f"content-length: {answer.length or len(content)}"]
        lines += [f"{k}: {v}" for k, v in answer.headers.items()]
        lines += ["connection: close"] * close
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + content)
        return not close


@dataclass
class Issued:
    """A certificate with its key, as files and as a server's context."""

    certificate: x509.Certificate
    key: object
    file: str = ""

    @property
    def fingerprint(self):
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    @property
    def server(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context


def issue(folder, name, signer=None, host="127.0.0.1", valid=(NOW - DAY, NOW + DAY)):
    """Make a certificate for an address, signed by ``signer`` or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    alternative = x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.certificate.subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if signer:
        parent = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
        builder = builder.add_extension(parent, critical=False)
    else:
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    certificate = builder.sign(signer.key if signer else key, hashes.SHA256())
    file = folder / f"{name}.pem"
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(pem + private)
    return Issued(certificate, key, str(file))
