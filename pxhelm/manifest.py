"""YAML documents with their source positions: what rendering makes and kinds read.

Never interprets a kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from pxhelm.errors import PxhelmError, Where, field_name
from pxhelm.golang import yaml
from pxhelm.golang.strconv import format_float32

Path = tuple[str | int, ...]
_SEPARATOR: Final = re.compile(r"^---(?=[ \t\r\n]|\Z)(?:[ \t\r]*\n)?", re.MULTILINE)


class ManifestError(PxhelmError):
    """A document that is no manifest."""


@dataclass(frozen=True)
class Manifest:
    """One document. Not slotted: what costs time to find out is found once and kept."""

    text: str
    """The document itself, as it stands in the file or came out of the template."""
    file: str
    """The file, or the template it was rendered from (``# Source:``)."""
    line: int
    """1-based line of the file, or of the template's output, where the text begins."""
    body: Mapping[str, Any] = field(repr=False)
    prefix: Path = ()
    """Where in the document the manifest is, for an item of a ``kind: List``."""
    template_line: Callable[[int], Where | None] | None = field(default=None, repr=False, compare=False)
    """From a 1-based line of the template's output to the template line it came from."""

    @property
    def api_version(self) -> str:
        """``apiVersion``."""
        return scalar_text(self.body.get("apiVersion"))

    @property
    def kind(self) -> str:
        """``kind``; empty when the document has none."""
        return scalar_text(self.body.get("kind"))

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """``metadata``; empty when the document has none."""
        found = self.body.get("metadata")
        return found if isinstance(found, dict) else {}

    @property
    def name(self) -> str:
        """``metadata.name``."""
        return scalar_text(self.metadata.get("name"))

    @property
    def namespace(self) -> str:
        """``metadata.namespace``."""
        return scalar_text(self.metadata.get("namespace"))

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """``metadata.labels``."""
        return _texts(self.metadata.get("labels"))

    @cached_property
    def annotations(self) -> Mapping[str, str]:
        """``metadata.annotations``."""
        return _texts(self.metadata.get("annotations"))

    @cached_property
    def positions(self) -> Mapping[Path, tuple[int, int]]:
        """1-based line and column in ``file`` of every field, by path from the body; found out when first asked for."""
        documents = yaml.load_with_positions(self.text)
        if not documents:
            return {}
        depth = len(self.prefix)
        return {
            path[depth:]: (line + self.line - 1, column)
            for path, (line, column) in documents[0].positions.items()
            if path[:depth] == self.prefix
        }

    def where(self, path: Path = ()) -> Where:
        """Return the place of a field, or of the nearest thing around it that is there."""
        known = path
        while known and known not in self.positions:
            known = known[:-1]
        line, column = self.positions.get(known, (self.line, 0))
        at = line - self.line
        lines = self.text.split("\n")
        text = lines[at] if 0 <= at < len(lines) else ""
        return Where(self.file, line, column, text, field_name(path))

    def template_where(self, path: Path = ()) -> Where | None:
        """Return the template line that a field came from, None when that is not known."""
        return self.template_line(self.where(path).line) if self.template_line else None

    def __str__(self) -> str:
        """Return ``Kind/name``."""
        return f"{self.kind}/{self.name}"


def scalar_text(value: object) -> str:
    """Return a scalar as sigs.k8s.io/yaml writes it where a string is wanted; "" for null, maps and lists."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # Integers lost their type on the way through JSON; up to 2^53 they lost nothing else.
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else format_float32(value)
    return str(value)


def load_manifests(text: str, file: str) -> list[Manifest]:
    """Read the manifests of a file: documents split at ``---``, the items of a ``kind: List`` one by one.

    Raises:
        ManifestError: for a document that is not YAML or not a map, with file and line.
    """
    return [manifest for line, document in _documents(text) for manifest in _manifests(document, file, line)]


def _documents(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for found in (*_SEPARATOR.finditer(text), None):
        end = found.start() if found else len(text)
        if text[start:end].strip():
            yield text.count("\n", 0, start) + 1, text[start:end]
        start = found.end() if found else end


def _manifests(text: str, file: str, line: int) -> Iterator[Manifest]:
    try:
        body = yaml.load(text)
    except yaml.YamlError as e:
        raise ManifestError(f"cannot read {file}: {e}", where=yaml_where(e, text, file, line)) from None
    if body is None:
        return
    whole = Manifest(text, file, line, body if isinstance(body, dict) else {})
    if not isinstance(body, dict):
        raise ManifestError(f"cannot read {file}: a manifest is a map, this document is not", where=whole.where())
    if not whole.kind.endswith("List") or not isinstance(body.get("items"), list):
        yield whole
        return
    for i, item in enumerate(body["items"]):
        if not isinstance(item, dict):
            raise ManifestError(
                f"cannot read {file}: item {i} of the list is not a map", where=whole.where(("items", i))
            )
        yield Manifest(text, file, line, item, ("items", i))


def yaml_where(error: yaml.YamlError, text: str, file: str, line: int) -> Where:
    """Return the place of a YAML error in a document that begins at a line of a file."""
    at = max(error.line, 1)
    lines = text.split("\n")
    return Where(file, line + at - 1, 0, lines[at - 1] if at <= len(lines) else "")


def _texts(value: object) -> Mapping[str, str]:
    return {k: scalar_text(v) for k, v in value.items()} if isinstance(value, dict) else {}
