"""index.yaml of a chart repository, and repositories.yaml, which lists the repositories known here.

Only texts and data; downloading and keeping them is others' work.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin

from pxhelm.chart.decode import scalar_text
from pxhelm.errors import PxhelmError
from pxhelm.golang import json, semver, urls, yaml
from pxhelm.golang.strconv import quote
from pxhelm.golang.value import go_string
from pxhelm.repo.access import Access
from pxhelm.secret import Secret

_ORDER: Final = (
    *("name", "home", "sources", "version", "description", "keywords", "maintainers", "icon", "apiVersion"),
    *("condition", "tags", "appVersion", "deprecated", "annotations", "kubeVersion", "dependencies", "type"),
    *("urls", "created", "removed", "digest"),
)
"""Order of the fields in Go's struct, which its JSON follows."""


_NEVER: Final = "0001-01-01T00:00:00Z"
"""Go's zero time."""


class RepositoryError(PxhelmError):
    """An index that cannot be read, or has not what is asked for; in Helm's words."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of a chart in an index."""

    fields: Mapping[str, Any]
    """Chart metadata as JSON names it, with urls, created and digest."""

    @property
    def name(self) -> str:
        """The chart's name."""
        return str(self.fields.get("name") or "")

    @property
    def version(self) -> str:
        """The chart's version, as written."""
        return str(self.fields.get("version") or "")

    @property
    def urls(self) -> tuple[str, ...]:
        """Where its archive is, absolute or relative to the repository."""
        found = self.fields.get("urls")
        return tuple(map(str, found)) if isinstance(found, list) else ()

    @property
    def digest(self) -> str:
        """SHA-256 of the archive in hexadecimal, without a prefix."""
        return str(self.fields.get("digest") or "").removeprefix("sha256:")

    def text(self, name: str) -> str:
        """Return a text field, empty when there is none."""
        return str(self.fields.get(name) or "")


@dataclass(slots=True)
class Index:
    """What a repository holds."""

    entries: dict[str, list[Entry]] = field(default_factory=dict)
    generated: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    """publicKeys, annotations."""
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """What was left out of a file that was read: chart and version in quotes, and why."""

    def has(self, name: str, version: str) -> bool:
        """Tell whether exactly this version is listed."""
        return any(one.version == version for one in self.entries.get(name, ()))

    def add(self, entry: Entry) -> None:
        """List one more version."""
        self.entries.setdefault(entry.name, []).append(entry)

    def merge(self, other: Index) -> None:
        """Take over what is listed only elsewhere; a name and version that is here wins."""
        for versions in other.entries.values():
            for one in versions:
                if not self.has(one.name, one.version):
                    self.add(Entry({"apiVersion": "v1", "created": _NEVER, **one.fields}))

    def sort(self) -> None:
        """Put the newest version of each chart first."""
        for versions in self.entries.values():
            newest_first(versions)

    def get(self, name: str, version: str = "") -> Entry:
        """Return the exact version, else the newest that satisfies the range; empty = the newest release.

        Raises:
            RepositoryError: when there is none; a range that is none.
        """
        if name not in self.entries:
            raise RepositoryError("no chart name found")
        versions = self.entries[name]
        if not versions:
            raise RepositoryError("no chart version found")
        try:
            wanted = semver.parse_constraint(version or "*")
        except semver.SemverError as e:
            raise RepositoryError(str(e)) from None
        if version:
            for one in versions:
                if one.version == version:
                    return one
        for one in versions:
            parsed = parse_version(one.version)
            if parsed is not None and wanted.check(parsed):
                return one
        raise RepositoryError(f"no chart version found for {name}-{version}")

    def as_yaml(self) -> bytes:
        """Return the text of index.yaml."""
        return yaml.to_yaml(self._document()).encode("utf-8", "surrogateescape")

    def as_json(self) -> bytes:
        """Return it as indented JSON, fields in the order of Go's struct, without a newline at the end."""
        import json as plain

        found = self._document()
        ordered = {"apiVersion": found["apiVersion"], "generated": self.generated, "entries": {}}
        for name in sorted(self.entries):
            ordered["entries"][name] = [_ordered(one.fields) for one in self.entries[name]]
        return plain.dumps({**ordered, **self.extra}, indent=2, ensure_ascii=False).encode("utf-8", "surrogateescape")

    def _document(self) -> dict[str, Any]:
        entries = {name: [dict(one.fields) for one in versions] for name, versions in self.entries.items()}
        return {"apiVersion": "v1", "generated": self.generated, "entries": entries, **self.extra}


def _ordered(fields: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: fields[name] for name in _ORDER if name in fields}
    return known | {name: value for name, value in fields.items() if name not in known}


def newest_first(entries: list[Entry]) -> None:
    """Sort versions of one chart, the newest first; what is no version comes last."""

    def compare(a: Entry, b: Entry) -> int:
        left, right = parse_version(a.version), parse_version(b.version)
        if left is None or right is None:
            return (left is None) - (right is None)
        return right.compare(left)

    entries.sort(key=functools.cmp_to_key(compare))


def parse_version(text: str) -> semver.Version | None:
    """Return a version, or None for what is none."""
    try:
        return semver.parse(text)
    except semver.SemverError:
        return None


def load_index(data: bytes) -> Index:
    """Read index.yaml or its JSON; entries that Helm skips are skipped.

    Raises:
        RepositoryError: for an empty file, for what is no index, and for one without apiVersion.
    """
    if not data:
        raise RepositoryError("empty index.yaml file")
    text = go_string(data)
    try:
        found = json.plain(json.unmarshal(text)) if text.lstrip()[:1] == "{" else yaml.load_typed(text)
    except (json.JsonError, yaml.YamlError):
        found = _as_yaml(text)
    if not isinstance(found, dict):
        raise _not_an_index()
    entries = found.get("entries") or {}
    index = Index(generated=str(found.get("generated") or ""))
    index.extra = {name: found[name] for name in ("publicKeys", "annotations") if found.get(name)}
    for name, versions in entries.items() if isinstance(entries, dict) else ():
        if not isinstance(versions, list | None):
            raise _not_an_index()
        faults = [_fault(one) for one in versions or ()]
        kept = [Entry(one) for one, why in zip(versions or (), faults, strict=True) if not why]
        newest_first(kept)
        index.skipped += reversed(
            [(_named(name, one), why) for one, why in zip(versions or (), faults, strict=True) if why]
        )
        index.entries[name] = kept
    if not found.get("apiVersion"):
        raise RepositoryError("no API version specified")
    return index


def _not_an_index() -> RepositoryError:
    return RepositoryError("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal into repo.IndexFile")


def _as_yaml(text: str) -> object:
    try:
        return yaml.load_typed(text)
    except yaml.YamlError as e:
        raise RepositoryError(str(e)) from None


def _named(name: str, entry: object) -> str:
    return f"{quote(name)} {quote(str(entry.get('version') or ''))}" if isinstance(entry, dict) else quote(name)


def _fault(entry: object) -> str:
    """Return why Helm would not keep an entry, in its words; empty for one that is good."""
    if not isinstance(entry, dict):
        return "empty entry"
    name, version = str(entry.get("name") or ""), str(entry.get("version") or "")
    if not name:
        return "validation: chart.metadata.name is required"
    if "/" in name or name in (".", ".."):
        return f"validation: chart.metadata.name {quote(name)} is invalid"
    if not version:
        return "validation: chart.metadata.version is required"
    if parse_version(version) is None:
        return f"validation: chart.metadata.version {quote(version)} is invalid"
    if entry.get("type") not in (None, "", "application", "library"):
        return "validation: chart.metadata.type must be application or library"
    return ""


def resolve_url(base: str, reference: str) -> str:
    """Return where a reference of an index leads: as it is when absolute, else below the repository's URL."""
    if urls.parse(reference).scheme:
        return reference
    path, question, query = base.partition("?")
    return urljoin(path.rstrip("/") + "/", reference) + question + query


@dataclass(frozen=True, slots=True)
class Repository:
    """One entry of repositories.yaml."""

    name: str
    url: str
    username: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    cert_file: str = ""
    key_file: str = ""
    ca_file: str = ""
    insecure: bool = False
    pass_credentials: bool = False

    @property
    def index_url(self) -> str:
        """Where its index is."""
        return resolve_url(self.url, "index.yaml")

    def access(self, seconds: float = 120.0) -> Access:
        """Return how it lets us in."""
        return Access(
            username=self.username,
            password=self.password,
            cert_file=self.cert_file,
            key_file=self.key_file,
            ca_file=self.ca_file,
            insecure=self.insecure,
            pass_credentials=self.pass_credentials,
            home=self.url,
            seconds=seconds,
        )


_NAMES: Final = {
    "name": "name",
    "url": "url",
    "username": "username",
    "password": "password",
    "cert_file": "certFile",
    "key_file": "keyFile",
    "ca_file": "caFile",
    "insecure": "insecure_skip_tls_verify",
    "pass_credentials": "pass_credentials_all",
}


_KINDS: Final[tuple[tuple[type, str], ...]] = ((str, "string"), (dict, "object"), (list, "array"))
_SWITCHES: Final = ("insecure_skip_tls_verify", "pass_credentials_all")


def load_repositories(data: bytes) -> list[Repository]:
    """Read repositories.yaml.

    Raises:
        PxhelmError: for YAML that is none, and for a field of another type than it has, in Go's words.
    """
    try:
        found = yaml.load_typed(go_string(data))
    except yaml.YamlError as e:
        raise PxhelmError(str(e)) from None
    entries = found.get("repositories") if isinstance(found, dict) else None
    return [_repository(one) for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []


def _repository(entry: Mapping[str, Any]) -> Repository:
    given = {ours: _typed(entry[theirs], theirs) for ours, theirs in _NAMES.items() if entry.get(theirs)}
    given["password"] = Secret(given.get("password", ""))
    return Repository(**{"name": "", "url": "", **given})


def _typed(value: object, name: str) -> Any:
    """Return a field's value; what is no bool is never taken for one that switches a check off."""
    if isinstance(value, bool) if name in _SWITCHES else not isinstance(value, dict | list):
        return value if name in _SWITCHES else scalar_text(value)
    kind = next((name for of, name in _KINDS if isinstance(value, of)), "number")
    wanted = "bool" if name in _SWITCHES else "string"
    raise PxhelmError(
        f"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go struct field "
        f"Entry.repositories.{name} of type {wanted}"
    )


def repositories_text(repositories: Iterable[Repository]) -> bytes:
    """Return the text of repositories.yaml as Helm writes it."""
    entries = [{theirs: _shown(getattr(one, ours)) for ours, theirs in _NAMES.items()} for one in repositories]
    document = {"apiVersion": "", "generated": "0001-01-01T00:00:00Z", "repositories": entries}
    return yaml.to_yaml(document).encode("utf-8", "surrogateescape")


def _shown(value: object) -> object:
    return value.reveal() if isinstance(value, Secret) else value
