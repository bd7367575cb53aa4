"""Charts in OCI registries (edge): the distribution protocol, as far as charts need it.

Blobs and manifests are checked against their digests. Credentials go to the registry itself and to the token service it
names, never to where it redirects, and never over a connection that fell back from HTTPS to HTTP. The sentences of
errors are those of oras-go, which Helm uses.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import urljoin, urlsplit

from pxhelm.errors import PxhelmError
from pxhelm.golang import json
from pxhelm.golang.strconv import quote
from pxhelm.repo.access import Access, Artifact, Credential, Pulled
from pxhelm.repo.conversation import MOST, Connections, Conversation, RejectedError, States
from pxhelm.repo.reference import Reference, parse

MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
CONFIG: Final = "application/vnd.cncf.helm.config.v1+json"
LAYER: Final = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
LEGACY_LAYER: Final = "application/tar+gzip"
PROVENANCE: Final = "application/vnd.cncf.helm.chart.provenance.v1.prov"
_READ, _WRITE = "pull", "pull,push"
_MOST_PAGES: Final = 1_000
_MOST_TAGS: Final = 100_000


class Credentials(Protocol):
    """Names and passwords, kept from one command to the next."""

    def get(self, host: str) -> Credential | None:
        """Return what is known for a host."""

    def put(self, host: str, username: str, password: str) -> None:
        """Keep name and password of a host."""

    def remove(self, host: str) -> None:
        """Forget a host."""


class Registry:
    """A client of OCI registries."""

    def __init__(self, credentials: Credentials, connections: Connections) -> None:
        self._credentials = credentials
        self._states = States(connections, credentials.get)

    def tags(self, reference: str, access: Access) -> list[str]:
        """Return the tags of a repository, page by page; PxhelmError in Helm's words."""
        talk = self._talk(parse(reference), access, _READ)
        url = f"{talk.root}/tags/list"
        found: list[str] = []
        for _ in range(_MOST_PAGES):
            answer = talk.send("GET", url).insist(HTTPStatus.OK)
            found += [tag for tag in _items(answer.document(), "tags") if isinstance(tag, str)]
            following = answer.following
            if not following or len(found) > _MOST_TAGS:
                break
            if talk.fell_back:  # the conversation goes on by its HTTPS name, and is sent as what was answered
                following = following.replace("http://", "https://", 1)
            url = _at_registry(talk, url, following, "next page")
        return found

    def resolve(self, reference: str, tag: str, access: Access) -> str:
        """Return the digest of the manifest under a tag, empty when there is none or it cannot be told."""
        talk = self._talk(parse(reference), access, _READ)
        try:
            answer = talk.send("GET", f"{talk.root}/manifests/{tag}", headers={"Accept": MANIFEST})
        except PxhelmError:
            return ""
        return _digest(answer.content) if answer.status == HTTPStatus.OK else ""

    def pull(self, reference: str, tag: str, access: Access) -> Pulled:
        """Return the chart under a tag or digest; PxhelmError in Helm's words."""
        talk = self._talk(parse(reference), access, _READ)
        try:
            answer = talk.send("GET", f"{talk.root}/manifests/{tag}", headers={"Accept": MANIFEST})
            if answer.status == HTTPStatus.NOT_FOUND:
                mark = "@" if ":" in tag else ":"
                raise PxhelmError(f"{reference}{mark}{tag}: not found")
            answer.insist(HTTPStatus.OK)
        except PxhelmError as e:
            raise PxhelmError(f'failed to perform "FetchReference" on source: {e.message}') from None
        digest = _digest(answer.content)
        if ":" in tag and digest != tag:
            raise PxhelmError(f"cannot pull {reference}@{tag}: what came has another digest")
        manifest = answer.document()
        described = [one for one in _items(manifest, "layers") if isinstance(one, dict)]
        layers = {str(one.get("mediaType")): one for one in reversed(described)}
        config = manifest.get("config")
        if not isinstance(config, dict) or config.get("mediaType") != CONFIG:
            raise PxhelmError(f"could not load config with mediatype {CONFIG}")
        layer = layers.get(LAYER) or layers.get(LEGACY_LAYER)
        if layer is None:
            raise PxhelmError(f"manifest does not contain a layer with mediatype {LAYER}")
        signed = layers.get(PROVENANCE)
        return Pulled(
            digest=digest,
            archive=_blob(talk, layer),
            provenance=_blob(talk, signed) if signed else None,
            legacy=LAYER not in layers,
        )

    def push(self, reference: str, tag: str, artifact: Artifact, access: Access) -> str:
        """Store a chart under a tag and return the digest of its manifest; PxhelmError in Helm's words."""
        talk = self._talk(parse(f"{reference}:{tag}"), access, _WRITE)
        body = _manifest(artifact)
        digest = _digest(body)
        try:
            talk.send("HEAD", f"{talk.root}/manifests/{digest}", headers={"Accept": MANIFEST}).insist(
                HTTPStatus.OK, HTTPStatus.NOT_FOUND
            )
        except PxhelmError as e:
            raise PxhelmError(f'failed to perform "Exists" on destination: {e.message}') from None
        try:
            for data in filter(None, (artifact.archive, artifact.provenance, artifact.config)):
                _upload(talk, data)
            url = f"{talk.root}/manifests/{tag}"
            talk.send("PUT", url, content=body, headers={"Content-Type": MANIFEST}).insist(HTTPStatus.CREATED)
        except PxhelmError as e:
            raise PxhelmError(f'failed to perform "Push" on destination: {e.message}') from None
        return digest

    def login(self, host: str, access: Access) -> None:
        """Try credentials and keep them; a scheme and a path, which some write, are dropped."""
        for scheme in ("oci://", "http://", "https://"):
            host = host.removeprefix(scheme)
        host = host.partition("/")[0]
        talk = self._talk(Reference(host, ""), access, "")
        try:
            answer = talk.send("GET", f"{talk.base}/v2/")
            if talk.fell_back:
                # The registry speaks HTTP only, and this command is about handing it these credentials.
                talk = self._talk(Reference(host, ""), replace(access, plain_http=True), "")
                answer = talk.send("GET", f"{talk.base}/v2/")
            answer.insist(HTTPStatus.OK)
        except PxhelmError as e:
            raise PxhelmError(f"authenticating to {quote(host)}: {e.message}") from None
        self._credentials.put(host, access.username, access.password.reveal())

    def logout(self, host: str) -> None:
        """Forget the credentials of a host."""
        self._credentials.remove(host)

    def _talk(self, reference: Reference, access: Access, actions: str) -> Conversation:
        return Conversation(self._states, reference, access, actions)


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _items(document: dict[str, Any], name: str) -> list[Any]:
    """Return a list out of what a registry says; nothing for whatever else stands there."""
    found = document.get(name)
    return found if isinstance(found, list) else []


def _described(kind: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "digest": _digest(data), "size": len(data)}


def _manifest(artifact: Artifact) -> bytes:
    layers = [_described(LAYER, artifact.archive)]
    if artifact.provenance is not None:
        layers.append(_described(PROVENANCE, artifact.provenance))
    manifest = {
        "schemaVersion": 2,
        "config": _described(CONFIG, artifact.config),
        "layers": sorted(layers, key=lambda one: str(one["digest"])),
        "annotations": dict(sorted(artifact.annotations.items())),
    }
    return json.ordered(manifest).encode()


def _blob(talk: Conversation, descriptor: dict[str, Any]) -> bytes:
    digest, size = str(descriptor.get("digest")), descriptor.get("size")
    if not isinstance(size, int) or not 0 <= size <= MOST:
        raise PxhelmError(f"cannot pull {digest}: it is larger than {MOST} bytes")
    answer = talk.send("GET", f"{talk.root}/blobs/{digest}").insist(HTTPStatus.OK)
    if _digest(answer.content) != digest:
        raise PxhelmError(f"cannot pull {digest}: what came has another digest")
    return answer.content


def _upload(talk: Conversation, data: bytes) -> None:
    digest = _digest(data)
    if talk.send("HEAD", f"{talk.root}/blobs/{digest}").status == HTTPStatus.OK:
        return
    begun = talk.send("POST", f"{talk.root}/blobs/uploads/").insist(HTTPStatus.ACCEPTED)
    url = _at_registry(talk, f"{talk.root}/blobs/uploads/", begun.location, "blob upload Location")
    url += ("&" if urlsplit(url).query else "?") + "digest=" + digest.replace(":", "%3A")
    kind = {"Content-Type": "application/octet-stream"}
    talk.send("PUT", url, content=data, headers=kind).insist(HTTPStatus.CREATED)


def _at_registry(talk: Conversation, base: str, reference: str, what: str) -> str:
    """Return the URL that a registry sends us to, which must be its own: credentials go along.

    Raises:
        RejectedError: for another host, or HTTP after HTTPS.
    """
    place = urljoin(base, reference)
    asked, told = urlsplit(talk.base), urlsplit(place)
    port = {"https": 443, "http": 80}
    try:
        same = (told.hostname, told.port or port.get(told.scheme)) == (
            asked.hostname,
            asked.port or port.get(asked.scheme),
        )
    except ValueError:  # a port that is none
        same = False
    if not same:
        raise RejectedError(
            f"{what} {quote(told.netloc)} is on a different host than the registry {quote(asked.netloc)}"
        )
    if asked.scheme == "https" and told.scheme != "https":
        raise RejectedError(f"{what} {quote(told.netloc)} downgrades scheme from https")
    return place
