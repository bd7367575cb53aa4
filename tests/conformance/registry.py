"""A minimal OCI registry in memory, for stories: blobs, manifests, tags; open to all, plain HTTP."""

import hashlib
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Registry(ThreadingHTTPServer):
    """Repositories by name; each has manifests by tag and digest."""

    daemon_threads = True

    def __init__(self):
        self.blobs, self.manifests, self.uploads = {}, {}, 0
        super().__init__(("127.0.0.1", 0), Handler)

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


class Handler(BaseHTTPRequestHandler):
    """The part of the distribution protocol that charts need."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments):
        """Say nothing."""

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/v2/":
            return self.answer(200)
        name, kind, reference = re.fullmatch(r"/v2/(.+)/(manifests|tags|blobs)/(.+)", path).groups()
        if kind == "tags":
            tags = self.server.tags(name)
            if not tags:
                return self.fault(404, "NAME_UNKNOWN", "Unknown name")
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
        self.answer(202, headers={"Location": f"http://{host}{path}/{self.server.uploads}?state=x"})

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
