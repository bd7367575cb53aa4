"""A minimal OCI registry in memory, for stories and tests: blobs, manifests, tags; open to all, by Basic or by Bearer.

Its answers are those of CNCF Distribution v3.0.0: `make interop` plays the same tests against that one.
"""

import base64
import hashlib
import json
import re
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

USER, PASSWORD = "ada", "secret"
NOT_HTTP = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
)
"""What Go's server says to somebody who begins with TLS."""


class Registry(ThreadingHTTPServer):
    """Repositories by name; each has manifests by tag and digest."""

    daemon_threads = True

    def __init__(self, auth="", context=None):
        self.blobs, self.manifests, self.uploads = {}, {}, 0
        self.auth, self.issued, self.asked = auth, {}, []
        super().__init__(("127.0.0.1", 0), Handler)
        self.scheme = "https" if context else "http"
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def tags(self, name):
        return sorted(t for n, t in self.manifests if n == name and not t.startswith("sha256:"))

    def manifest(self, path):
        """Return what a GET of a manifest or of tags gives, with the text of the configuration."""
        name, kind, reference = re.fullmatch(r"/v2/(.+)/(manifests|tags)/(.+)", path).groups()
        if kind == "tags":
            body = json.dumps({"name": name, "tags": self.tags(name)}, separators=(",", ":"))
            return {"body": body, "contentType": "text/plain; charset=utf-8", "config": None}
        media, body = self.manifests[name, reference]
        config = self.blobs[json.loads(body)["config"]["digest"]]
        return {"body": body.decode(), "contentType": media, "config": config.decode()}


BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


class Handler(BaseHTTPRequestHandler):
    """The part of the distribution protocol that charts need."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments):
        """Say nothing."""

    def handle_one_request(self):
        if self.rfile.peek(1)[:1] == b"\x16":  # a TLS handshake
            self.wfile.write(NOT_HTTP)
            self.close_connection = True
            return
        super().handle_one_request()

    def parse_request(self):
        """Turn away whoever is not let in, as soon as the headers are read."""
        if not super().parse_request():
            return False
        self.server.asked.append((self.command, self.path, self.headers.get("Authorization")))
        if self.path.startswith("/token"):
            self.token()
            return False
        scope = self.scope()
        if self.lets_in(scope):
            return True
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        challenge = 'Basic realm="basic-realm"'
        if self.server.auth == "bearer":
            challenge = f'Bearer realm="http://{self.headers["Host"]}/token",service="reg"'
            challenge += f',scope="{scope}"' if scope else ""
        detail = [{"Action": "pull", "Class": "", "Name": "x", "Type": "repository"}] if scope else None
        error = {"code": "UNAUTHORIZED", "message": "authentication required", "detail": detail}
        self.answer(401, json.dumps({"errors": [error]}).encode(), {"WWW-Authenticate": challenge})
        return False

    def scope(self):
        found = re.match(r"/v2/(.+)/(?:manifests|tags|blobs)/", self.path)
        actions = "pull" if self.command in ("GET", "HEAD") else "pull,push"
        return f"repository:{found.group(1)}:{actions}" if found else ""

    def lets_in(self, scope):
        given = self.headers.get("Authorization") or ""
        if self.server.auth == "basic":
            return given == BASIC
        if self.server.auth == "bearer":
            granted = self.server.issued.get(given.removeprefix("Bearer "))
            kind, name, actions = (scope or "::").split(":")
            return granted is not None and (
                not scope
                or any(
                    g.split(":")[:2] == [kind, name] and set(actions.split(",")) <= set(g.split(":")[2].split(","))
                    for g in granted
                )
            )
        return True

    def token(self):
        if self.headers.get("Authorization") != BASIC:
            self.answer(401)
            return
        token = secrets.token_hex(16)
        asked = parse_qs(urlsplit(self.path).query).get("scope", [""])
        self.server.issued[token] = " ".join(asked).split()
        self.answer(200, json.dumps({"token": token}).encode())

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/v2/":
            return self.answer(200, b"{}")
        name, kind, reference = re.fullmatch(r"/v2/(.+)/(manifests|tags|blobs)/(.+)", path).groups()
        if kind == "tags":
            tags = self.server.tags(name)
            if not tags:
                return self.fault(404, "NAME_UNKNOWN", "Unknown name")  # zot's words, which the stories have
            return self.answer(200, json.dumps({"name": name, "tags": tags}).encode())
        if kind == "manifests":
            found = self.server.manifests.get((name, reference))
            if found is None:
                return self.fault(404, "MANIFEST_UNKNOWN", "Unknown manifest")
            return self.answer(200, found[1], {"Content-Type": found[0]})
        found = self.server.blobs.get(reference)
        return self.fault(404, "BLOB_UNKNOWN", "Unknown blob") if found is None else self.answer(200, found)

    def do_HEAD(self):
        self.do_GET()

    def do_POST(self):
        self.body()
        self.server.uploads += 1
        host, path = self.headers["Host"], self.path.rstrip("/")
        place = f"{self.server.scheme}://{host}{path}/{self.server.uploads}?state=x"
        self.answer(202, headers={"Location": place})

    def do_PUT(self):
        data = self.body()
        path, _, query = self.path.partition("?")
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        if "/blobs/uploads/" in path:
            assert digest.split(":")[1] in query
            self.server.blobs[digest] = data
        else:
            name, reference = re.fullmatch(r"/v2/(.+)/manifests/(.+)", path).groups()
            for key in (reference, digest):
                self.server.manifests[name, key] = self.headers["Content-Type"], data
        self.answer(201, headers={"Docker-Content-Digest": digest})

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def fault(self, status, code, message):
        self.answer(status, json.dumps({"errors": [{"code": code, "message": message}]}).encode())

    def answer(self, status, body=b"", headers=None):
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
