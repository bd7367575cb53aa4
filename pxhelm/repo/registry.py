"""Charts in OCI registries (edge): the distribution protocol, as far as charts need it.

Blobs and manifests are checked against their digests. Credentials are kept in the form that Docker and Helm read.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlencode, urljoin

from pxhelm.errors import PxhelmError
from pxhelm.files import write_file
from pxhelm.golang.strconv import quote
from pxhelm.repo.access import Access, Artifact, Pulled

if TYPE_CHECKING:
    import httpx

MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
CONFIG: Final = "application/vnd.cncf.helm.config.v1+json"
LAYER: Final = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
LEGACY_LAYER: Final = "application/tar+gzip"
PROVENANCE: Final = "application/vnd.cncf.helm.chart.provenance.v1.prov"
MOST: Final = 64 << 20
"""Bytes of one blob."""
_CHALLENGE: Final = re.compile(r'(\w+)="([^"]*)"')


class Connections(Protocol):
    """Hands out HTTP connections for a way of being let in."""

    def client(self, access: Access) -> httpx.Client:
        """Return the connections."""


class Registry:
    """A client of OCI registries; ``config`` is the file with credentials."""

    def __init__(self, config: str, connections: Connections) -> None:
        self._config = Path(config)
        self._connections = connections
        self._tokens: dict[tuple[str, str], str] = {}

    def tags(self, reference: str, access: Access) -> list[str]:
        """Return the tags of a repository, page by page; PxhelmError in Helm's words."""
        host, path = _split(reference)
        url: str | None = f"{_base(host, access)}/v2/{path}/tags/list"
        found: list[str] = []
        for _ in range(1000):
            if url is None:
                break
            answer = self._send("GET", url, access, scope=path)
            if answer.status_code != HTTPStatus.OK:
                raise PxhelmError(f"GET {quote(url)}: {_fault(answer)}")
            found += answer.json().get("tags") or []
            following = answer.links.get("next", {}).get("url")
            url = urljoin(url, following) if following else None
        return found

    def pull(self, reference: str, tag: str, access: Access) -> Pulled:
        """Return the chart under a tag; PxhelmError in Helm's words."""
        host, path = _split(reference)
        root = f"{_base(host, access)}/v2/{path}"
        answer = self._send("GET", f"{root}/manifests/{tag}", access, scope=path, headers={"Accept": MANIFEST})
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise PxhelmError(f'failed to perform "FetchReference" on source: {reference}:{tag}: not found')
        if answer.status_code != HTTPStatus.OK:
            raise PxhelmError(f'failed to perform "FetchReference" on source: {_fault(answer)}')
        digest = "sha256:" + hashlib.sha256(answer.content).hexdigest()
        manifest = answer.json()
        config = json.loads(self._blob(root, manifest["config"], access, path))
        layers = {one["mediaType"]: one for one in reversed(manifest.get("layers") or [])}
        layer = layers.get(LAYER) or layers.get(LEGACY_LAYER)
        if layer is None:
            raise PxhelmError(f"manifest does not contain a layer with mediatype {LAYER}")
        signed = layers.get(PROVENANCE)
        return Pulled(
            tag=tag,
            digest=digest,
            archive=self._blob(root, layer, access, path),
            provenance=self._blob(root, signed, access, path) if signed else None,
            title=str(config.get("name", "")),
            version=str(config.get("version", "")),
        )

    def push(self, reference: str, tag: str, artifact: Artifact, access: Access) -> str:
        """Store a chart under a tag and return the digest of its manifest; PxhelmError in Helm's words."""
        host, path = _split(reference)
        root = f"{_base(host, access)}/v2/{path}"
        layers = [(LAYER, artifact.archive)]
        if artifact.provenance is not None:
            layers.append((PROVENANCE, artifact.provenance))
        manifest = {
            "schemaVersion": 2,
            "config": _described(CONFIG, artifact.config),
            "layers": [_described(kind, data) for kind, data in layers],
            "annotations": dict(sorted(artifact.annotations.items())),
        }
        for data in (artifact.config, *(data for _, data in layers)):
            self._upload(root, data, access, path)
        body = json.dumps(manifest, separators=(",", ":"), ensure_ascii=False).encode()
        url = f"{root}/manifests/{tag}"
        answer = self._send("PUT", url, access, scope=path, content=body, headers={"Content-Type": MANIFEST})
        if answer.status_code != HTTPStatus.CREATED:
            raise PxhelmError(f'failed to perform "Push" on destination: PUT {quote(url)}: {_fault(answer)}')
        return "sha256:" + hashlib.sha256(body).hexdigest()

    def login(self, host: str, access: Access) -> None:
        """Try the credentials and keep them; PxhelmError when the registry refuses them."""
        answer = self._send("GET", f"{_base(host, access)}/v2/", access, scope="")
        if answer.status_code != HTTPStatus.OK:
            raise PxhelmError(f"authenticating to {quote(host)}: {_fault(answer)}")
        pair = f"{access.username}:{access.password.reveal()}".encode()
        data = self._read()
        data.setdefault("auths", {})[host] = {"auth": base64.b64encode(pair).decode()}
        self._write(data)

    def logout(self, host: str) -> None:
        """Forget the credentials of a host."""
        data = self._read()
        if data.get("auths", {}).pop(host, None) is not None:
            self._write(data)

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._config.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as e:
            raise PxhelmError(f"cannot read {self._config}: {e}") from None
        return found if isinstance(found, dict) else {}

    def _write(self, data: dict[str, Any]) -> None:
        write_file(self._config, json.dumps(data, indent="\t").encode(), mode=0o600)

    def _credentials(self, host: str, access: Access) -> tuple[str, str] | None:
        if access.username:
            return access.username, access.password.reveal()
        kept = self._read().get("auths", {}).get(host, {}).get("auth", "")
        name, colon, word = base64.b64decode(kept).decode("utf-8", "replace").partition(":")
        return (name, word) if colon else None

    def _send(self, method: str, url: str, access: Access, **rest: Any) -> httpx.Response:
        """Send one request, and once more with what a refusal asks for."""
        import httpx

        scope, content, headers = rest["scope"], rest.get("content", b""), rest.get("headers")
        client = self._connections.client(access)
        host = httpx.URL(url).netloc.decode()
        given = dict(headers or {})
        token = self._tokens.get((host, scope))
        if token:
            given["Authorization"] = token
        try:
            answer = client.request(method, url, content=content or None, headers=given, timeout=access.seconds)
            if answer.status_code == HTTPStatus.UNAUTHORIZED and not token:
                token = self._authorize(client, answer.headers.get("WWW-Authenticate", ""), host, access)
                if token:
                    self._tokens[host, scope] = given["Authorization"] = token
                    answer = client.request(method, url, content=content or None, headers=given, timeout=access.seconds)
        except (httpx.HTTPError, httpx.InvalidURL) as e:
            raise PxhelmError(f"{method} {quote(url)}: {e}") from None
        return answer

    def _authorize(self, client: httpx.Client, challenge: str, host: str, access: Access) -> str:
        pair = self._credentials(host, access)
        kind, _, rest = challenge.partition(" ")
        basic = "Basic " + base64.b64encode(":".join(pair).encode()).decode() if pair else ""
        if kind.lower() == "basic":
            return basic
        asked = dict(_CHALLENGE.findall(rest))
        if kind.lower() != "bearer" or "realm" not in asked:
            return ""
        query = {name: asked[name] for name in ("service", "scope") if name in asked}
        url = f"{asked['realm']}?{urlencode(query)}"
        answer = client.get(url, headers={"Authorization": basic} if basic else None, timeout=access.seconds)
        if answer.status_code != HTTPStatus.OK:
            return ""
        found = answer.json()
        return f"Bearer {found.get('token') or found.get('access_token')}"

    def _blob(self, root: str, descriptor: dict[str, Any], access: Access, path: str) -> bytes:
        digest, size = str(descriptor["digest"]), int(descriptor["size"])
        if size > MOST:
            raise PxhelmError(f"cannot pull {digest}: it is larger than {MOST} bytes")
        answer = self._send("GET", f"{root}/blobs/{digest}", access, scope=path)
        if answer.status_code != HTTPStatus.OK:
            raise PxhelmError(f"cannot pull {digest}: {_fault(answer)}")
        if "sha256:" + hashlib.sha256(answer.content).hexdigest() != digest:
            raise PxhelmError(f"cannot pull {digest}: what came has another digest")
        return answer.content

    def _upload(self, root: str, data: bytes, access: Access, path: str) -> None:
        import httpx

        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        if self._send("HEAD", f"{root}/blobs/{digest}", access, scope=path).status_code == HTTPStatus.OK:
            return
        self._tokens.pop((httpx.URL(root).netloc.decode(), path), None)  # a token for reading does not do for writing
        begun = self._send("POST", f"{root}/blobs/uploads/", access, scope=path)
        if begun.status_code != HTTPStatus.ACCEPTED:
            raise PxhelmError(f'failed to perform "Push" on destination: {_fault(begun)}')
        place = httpx.URL(urljoin(f"{root}/blobs/uploads/", begun.headers["Location"]))
        if root.startswith("https:") and place.scheme == "http":
            raise PxhelmError(
                f'failed to perform "Push" on destination: blob upload Location "{place.netloc.decode()}" downgrades '
                "scheme from https"
            )
        url = str(place.copy_merge_params({"digest": digest}))
        kind = {"Content-Type": "application/octet-stream"}
        answer = self._send("PUT", url, access, scope=path, content=data, headers=kind)
        if answer.status_code != HTTPStatus.CREATED:
            raise PxhelmError(f'failed to perform "Push" on destination: {_fault(answer)}')


def _described(kind: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "digest": "sha256:" + hashlib.sha256(data).hexdigest(), "size": len(data)}


def _split(reference: str) -> tuple[str, str]:
    host, slash, path = reference.partition("/")
    if not slash or not path:
        raise PxhelmError(f"invalid reference: missing registry or repository: {reference}")
    return host, path


def _base(host: str, access: Access) -> str:
    name = host.rpartition(":")[0] or host
    # Helm talks plain HTTP to registries on the machine itself, asked or not.
    plain = access.plain_http or name in ("localhost", "127.0.0.1", "[::1]")
    return f"{'http' if plain else 'https'}://{host}"


def _fault(answer: httpx.Response) -> str:
    """Return what oras says of an answer: the status, then the registry's own errors."""
    text = f"response status code {answer.status_code}"
    try:
        errors = answer.json()["errors"]
    except (ValueError, KeyError, TypeError):
        return f"{text}: {answer.reason_phrase}"
    told = [f"{e.get('code', '').replace('_', ' ').lower()}: {e.get('message', '')}" for e in errors]
    return f"{text}: {'; '.join(told)}"
