"""YAML as Helm reads and prints it: goyaml's rules, then JSON's, so that every number is a float.

Reading takes the shortest road (``yaml_plain``), the fast one (``yaml_compose``) and, for anything unusual or wrong,
the exact one (``yaml_nodes``, ``yaml_decode``). Never opens a file, never cuts a stream at ``---`` as Helm's chart loader does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pxhelm.golang.value import Struct, type_name
from pxhelm.golang.yaml_compose import UNUSUAL, fast_value
from pxhelm.golang.yaml_decode import Decoder, Path, Position, check_finite, is_merge, key_text, scalar, to_json
from pxhelm.golang.yaml_documents import documents, first_document
from pxhelm.golang.yaml_emit import NotPlainError, Verbatim, emit, emit_pretty
from pxhelm.golang.yaml_nodes import ALIAS, MAPPING, SEQUENCE, Node, YamlError
from pxhelm.golang.yaml_plain import plain_value

__all__ = [
    "Document",
    "YamlError",
    "load",
    "load_map",
    "load_typed",
    "load_with_positions",
    "to_yaml",
    "to_yaml_pretty",
]

_PREFIX = "error converting YAML to JSON: "
_GO_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (str, "string"),
    (float, "number"),
    (list, "array"),
    (dict, "object"),
)


def load(text: str, *, strict: bool = False) -> object:
    """Return the first document's value as ``yaml.Unmarshal`` into an ``interface{}`` does.

    ``strict``: duplicate keys are errors (``UnmarshalStrict``). YamlError with sigs.k8s.io/yaml's text.
    """
    if not strict:
        value = plain_value(text)
        if value is UNUSUAL:
            value = fast_value(text.encode("utf-8", "surrogateescape"))
        if value is not UNUSUAL:
            return value
    return _exact(text, strict=strict, numbers=False)


def load_typed(text: str, *, strict: bool = False) -> object:
    """Return the first document with integers as int and floats as float, as goyaml has them before JSON.

    For targets that are structs, whose text fields take any scalar (``version: 1.20``).
    """
    return _exact(text, strict=strict, numbers=True)


def load_map(text: str, *, strict: bool = False) -> dict[str, object]:
    """Return the first document as ``yaml.Unmarshal`` into a ``map[string]interface{}`` does; empty for none."""
    return expect_map(load(text, strict=strict))


def expect_map(value: object) -> dict[str, object]:
    """Return a loaded value as a map, an empty one for null; YamlError with Go's text for all else."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise YamlError(unmarshal_error(value, "map[string]interface {}"))


def expect_list(value: object) -> list[object]:
    """Return a loaded value as a list, an empty one for null; YamlError with Go's text for all else."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise YamlError(unmarshal_error(value, "[]interface {}"))


def unmarshal_error(value: object, go_type: str) -> str:
    """Word what sigs.k8s.io/yaml says when a document's value does not fit its target."""
    name = next(name for kind, name in _GO_NAMES if isinstance(value, kind))
    return (
        f"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {name} into Go value of type {go_type}"
    )


def _exact(text: str, *, strict: bool, numbers: bool) -> object:
    try:
        root = first_document(text)
        if root is None:
            return None
        decoder = Decoder(strict=strict)
        raw = decoder.decode(root)
        if decoder.errors:
            raise YamlError("yaml: unmarshal errors:\n  " + "\n  ".join(decoder.errors))
        value = to_json(raw, numbers=numbers)
        check_finite(value)
    except YamlError as error:
        raise YamlError(_PREFIX + str(error), error.line) from None
    return value


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a stream, with the place of everything in it."""

    value: object
    positions: dict[Path, Position]
    """1-based line and column by path: a map's entry stands where its key does, ``()`` where the document begins."""


def load_with_positions(text: str) -> list[Document]:
    """Return every document of the stream with source positions; YamlError as ``load``."""
    found: list[Document] = []
    try:
        for root in documents(text):
            value = to_json(Decoder().decode(root))
            check_finite(value)
            positions: dict[Path, Position] = {}
            _locate(root, (), positions, (root.line, root.column))
            found.append(Document(value, positions))
    except YamlError as error:
        raise YamlError(_PREFIX + str(error), error.line) from None
    return found


def _locate(node: Node, path: Path, into: dict[Path, Position], place: Position) -> None:
    into[path] = (place[0] + 1, place[1] + 1)
    if node.kind == ALIAS:
        assert node.target is not None
        node = node.target
    if node.kind == SEQUENCE:
        for i, child in enumerate(node.children):
            _locate(child, (*path, i), into, (child.line, child.column))
    elif node.kind == MAPPING:
        _locate_pairs(node, path, into)


def _locate_pairs(node: Node, path: Path, into: dict[Path, Position]) -> None:
    for i in range(0, len(node.children), 2):
        key, value = node.children[i], node.children[i + 1]
        if is_merge(key):
            targets = value.children if value.kind == SEQUENCE else [value]
            for target in reversed(targets):
                _locate_pairs(target.target or target, path, into)
        else:
            _locate(value, (*path, _path_key(key)), into, (key.line, key.column))


def _path_key(key: Node) -> str:
    return key_text(scalar(key.target or key)) or ""


def to_yaml(value: object) -> str:
    """Print a value as ``yaml.Marshal`` does, with its last newline; ValueError with Go's text if it cannot be."""
    try:
        return emit(value)
    except NotPlainError:
        from pxhelm.golang.json import plain

        return emit(plain(value))


def to_yaml_pretty(value: object) -> str:
    """Print a value as a goyaml.v3 encoder with indent 2 does, with its last newline."""
    try:
        return emit_pretty(value)
    except NotPlainError:
        return emit_pretty(_structured(value))


class UnprintableError(TypeError):
    """A value that goyaml does not print; the text is goyaml's."""


def _structured(value: object) -> object:
    """Return what goyaml.v3 makes of Go's types: it does not look at their JSON, so fields are in small letters."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return list(value)
    if isinstance(value, dict):
        made = Struct if isinstance(value, Struct) else dict
        return made({str(key): _structured(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return [_structured(item) for item in value]
    if isinstance(value, complex):
        raise UnprintableError(f"cannot marshal type: {type_name(value)}")
    own: Any = value
    if hasattr(own, "go_yaml"):
        return _structured(own.go_yaml())
    if hasattr(own, "GO_FIELDS"):
        return Struct({name.lower(): _structured(getattr(own, at)) for name, at in own.GO_FIELDS.items()})
    return Verbatim(own.rfc3339()) if type_name(value) == "time.Time" else own.go_json()
