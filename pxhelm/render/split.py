"""Rendered files to manifests and hooks: the document split, the heads, Helm's order of kinds.

Never decides when a hook runs: that is ``release``'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pxhelm.errors import Where
from pxhelm.golang import yaml
from pxhelm.golang.strconv import NumError, parse_int, quote
from pxhelm.golang.text import SPACE
from pxhelm.manifest import Manifest, scalar_text
from pxhelm.render.model import Hook, RenderError
from pxhelm.render.order import INSTALL_ORDER, by_kind

_SEPARATOR: Final = re.compile(r"(?:^|[\t\n\f\r ]*\n)---[\t\n\f\r ]*")
_NOTES: Final = "NOTES.txt"
EVENTS: Final[Mapping[str, str]] = {
    **{
        f"{when}-{what}": f"{when}-{what}"
        for when in ("pre", "post")
        for what in ("install", "delete", "upgrade", "rollback")
    },
    "test": "test",
    "test-success": "test",
}
"""Values of ``helm.sh/hook`` and the event they mean."""


TemplateLines = Callable[[int], Where | None]
"""From a line of a template's output to the template line it came from."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """What became of the rendered files."""

    manifests: tuple[Manifest, ...]
    hooks: tuple[Hook, ...]
    warnings: tuple[str, ...]


def split_documents(text: str) -> Iterator[tuple[int, str]]:
    """Yield the documents of a rendered file with the 1-based line each begins in, as Helm's SplitManifests cuts them."""
    whole = text.strip(SPACE)
    base = text.find(whole) if whole else 0
    line = 1 + text.count("\n", 0, base)
    at = 0
    start = 0
    for found in (*_SEPARATOR.finditer(whole), None):
        end = found.start() if found else len(whole)
        document = whole[start:end]
        if document:
            stripped = document.strip(SPACE)
            begin = start + document.find(stripped) if stripped else start
            line += whole.count("\n", at, begin)
            at = begin
            yield line, stripped
        start = found.end() if found else end


def notes_of(files: Mapping[str, str], root: str, *, sub_notes: bool) -> str:
    """Return the text of the root chart's NOTES.txt, or of all charts' joined, parents first."""
    own = f"{root}/templates/{_NOTES}"
    if not sub_notes:
        return files.get(own, "")
    found = sorted((name for name in files if name.endswith(_NOTES)), key=lambda n: (n != own, n.count("/"), n))
    notes = ""
    for name in found:
        notes = f"{notes}\n{files[name]}" if notes else files[name]
    return notes


def sort_files(files: Mapping[str, str], templates: Mapping[str, TemplateLines] | None = None) -> Sorted:
    """Split rendered files into manifests and hooks, both in Helm's order of kinds.

    Raises:
        RenderError: in Helm's words, for a document that is not YAML or whose head is of the wrong type.
    """
    manifests: list[Manifest] = []
    hooks: list[Hook] = []
    warnings: list[str] = []
    for name in sorted(files, key=_bytes):
        base = name.rpartition("/")[2]
        if base.startswith("_") or name.endswith(_NOTES) or not files[name].strip(SPACE):
            continue
        lines = templates.get(name) if templates else None
        for line, text in split_documents(files[name]):
            manifest = _manifest(name, line, text, lines)
            events = manifest.annotations.get("helm.sh/hook")
            if events is None:
                manifests.append(manifest)
                continue
            hook = _hook(manifest, events)
            if hook is None:
                warnings.append(f"info: skipping unknown hook: {quote(events)}")
            else:
                hooks.append(hook)
    return Sorted(
        tuple(by_kind(manifests, lambda m: m.kind, INSTALL_ORDER)),
        tuple(by_kind(hooks, lambda h: h.kind, INSTALL_ORDER)),
        tuple(warnings),
    )


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _manifest(name: str, line: int, text: str, template: TemplateLines | None) -> Manifest:
    try:
        body = yaml.load(text)
        _check_head(body)
    except yaml.YamlError as e:
        at = max(line + e.line - 1, line)
        lines = text.split("\n")
        shown = lines[e.line - 1] if 0 < e.line <= len(lines) else ""
        rendered = Where(name, at, 0, shown)
        source = template(at) if template else None
        error = RenderError(f"YAML parse error on {name}: {e}", where=source or rendered)
        error.rendered = rendered if source else None
        raise error from None
    return Manifest(text, name, line, body if isinstance(body, dict) else {}, (), template)


_HEAD: Final[Mapping[str, str]] = {"apiversion": "apiVersion", "kind": "kind"}
_STRUCT: Final = 'struct { Name string "json:\\"name\\""; Annotations map[string]string "json:\\"annotations\\"" }'


def _check_head(body: object) -> None:
    """Refuse what does not fit Helm's struct of a manifest's head, in encoding/json's words."""
    if body is None:
        return
    if not isinstance(body, dict):
        raise yaml.YamlError(yaml.unmarshal_error(body, "releaseutil.SimpleHead"))
    for key in sorted(body):
        value = body[key]
        name = key.casefold() if not key.isascii() else key.lower()
        if name in _HEAD:
            if isinstance(value, dict | list):
                raise _mismatch(value, f"SimpleHead.{_HEAD[name]}", "string")
        elif name == "metadata" and value is not None:
            _check_metadata(value)


def _check_metadata(metadata: object) -> None:
    if not isinstance(metadata, dict):
        raise _mismatch(metadata, "SimpleHead.metadata", _STRUCT)
    for key in sorted(metadata):
        value = metadata[key]
        name = key.lower()
        if name == "name" and isinstance(value, dict | list):
            raise _mismatch(value, ".metadata.name", "string")
        if name == "annotations" and value is not None:
            if not isinstance(value, dict):
                raise _mismatch(value, ".metadata.annotations", "map[string]string")
            for annotation in sorted(value):
                if isinstance(value[annotation], dict | list):
                    raise _mismatch(value[annotation], ".metadata.annotations", "string")


def _mismatch(value: object, target: str, go_type: str) -> yaml.YamlError:
    kind = yaml.unmarshal_error(value, "").partition("cannot unmarshal ")[2].partition(" ")[0]
    return yaml.YamlError(
        f"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} "
        f"into Go struct field {target} of type {go_type}"
    )


def _hook(manifest: Manifest, events: str) -> Hook | None:
    """Return the hook a manifest is, None when it names an event that Helm does not know."""
    found = [EVENTS.get(event.strip(SPACE).lower(), "") for event in events.split(",")]
    if not all(found):
        return None
    annotations = manifest.annotations
    try:
        weight = parse_int(annotations.get("helm.sh/hook-weight", ""))
    except NumError:
        weight = 0
    return Hook(
        manifest,
        tuple(found),
        weight,
        _listed(annotations, "helm.sh/hook-delete-policy"),
        _listed(annotations, "helm.sh/hook-output-log-policy"),
    )


def _listed(annotations: Mapping[str, Any], name: str) -> tuple[str, ...]:
    if name not in annotations:
        return ()
    return tuple(part.strip(SPACE).lower() for part in scalar_text(annotations[name]).split(","))
