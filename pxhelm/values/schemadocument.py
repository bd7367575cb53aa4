"""A schema as a document: its draft, what in it has a name, and where references lead.

Never fetches: a reference to another document is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote, urljoin

from pxhelm.errors import PxhelmError
from pxhelm.golang.strconv import quote
from pxhelm.values.schemaerror import quoted, report
from pxhelm.values.schemashape import applied, definitions, shape_fault

ROOT: Final = "file:///values.schema.json"
MAX_DEPTH: Final = 300
_DRAFTS: Final = {"draft-04": 4, "draft-06": 6, "draft-07": 7, "draft/2019-09": 2019, "draft/2020-12": 2020}
_METASCHEMAS: Final = {
    4: "http://json-schema.org/draft-04/schema#",
    6: "http://json-schema.org/draft-06/schema#",
    7: "http://json-schema.org/draft-07/schema#",
    2019: "https://json-schema.org/draft/2019-09/schema#",
    2020: "https://json-schema.org/draft/2020-12/schema#",
}


class SchemaError(PxhelmError):
    """A schema that cannot be used, in the library's words."""


def draft_of(schema: Any) -> int:
    """Return the draft that ``$schema`` names; 2020-12 without one.

    Raises:
        SchemaError: for a metaschema we do not know, which Helm would fetch.
    """
    stated = schema.get("$schema") if isinstance(schema, dict) else None
    if not isinstance(stated, str):
        return 2020
    url = stated.split("#")[0].rstrip("/").replace("https://", "").replace("http://", "")
    if url == "json-schema.org/schema":  # names no draft: the newest the library knows
        return 2020
    name = url.removeprefix("json-schema.org/").removesuffix("/schema")
    if not url.startswith("json-schema.org/") or name not in _DRAFTS:
        raise SchemaError(f'failing loading "{stated}": schemas are not fetched over the network')
    return _DRAFTS[name]


class Document:
    """A sound schema that can be asked what a reference names."""

    def __init__(self, schema: Any) -> None:
        """Take a decoded schema.

        Raises:
            SchemaError: when it is no schema, a name stands for two, or a reference leads nowhere.
        """
        self.root = schema
        self.draft = draft_of(schema)
        fault = shape_fault(schema, self.draft)
        if fault is not None:
            meta = _METASCHEMAS[self.draft]
            raise SchemaError(
                f'"{ROOT}#" is not valid against metaschema: jsonschema validation failed with {quoted(meta)}\n'
                f"{report(fault)}"
            )
        self._ids: dict[str, Any] = {}
        self._places: dict[str, str] = {}
        self._anchors: dict[str, Any] = {}
        self._index(schema, ROOT, ())
        self._follow()

    def _index(self, node: Any, base: str, path: tuple[str, ...]) -> None:
        """Remember ids and anchors of every subschema; ``base`` is the id around it."""
        if len(path) > 2 * MAX_DEPTH:
            raise SchemaError(f"schema is nested deeper than {MAX_DEPTH} levels")
        if not isinstance(node, dict):
            return
        name = self._id(node)
        if name:
            base = urljoin(base, name)
            place = "".join(f"/{part}" for part in path)
            if base in self._places:
                raise SchemaError(f'duplicate id "{base}" in "{ROOT}" at "{place}" and "{self._places[base]}"')
            self._places[base] = place
            self._ids[name] = node
        for key in ("$anchor", "$dynamicAnchor"):
            if isinstance(node.get(key), str):
                self._anchors.setdefault(node[key], node)
        stated = node.get(self._id_keyword)
        if self.draft < 2019 and isinstance(stated, str) and "#" in stated:
            self._anchors.setdefault(stated.partition("#")[2], node)
        for below, child in (*applied(node, self.draft, whole=True), *definitions(node, self.draft)):
            self._index(child, base, (*path, *below))

    @property
    def _id_keyword(self) -> str:
        return "id" if self.draft == 4 else "$id"

    def _id(self, node: Mapping[str, Any]) -> str:
        """Return the id of a schema without its fragment, empty when it has none of its own."""
        if self.draft < 2019 and "$ref" in node:
            return ""
        name = node.get(self._id_keyword)
        return name.partition("#")[0] if isinstance(name, str) else ""

    def _follow(self) -> None:
        """Follow every reference into this document that a validation could come by, and read what it would match."""
        ahead: list[tuple[tuple[str, ...], Any]] = [((), self.root)]
        met = set()
        while ahead:
            path, node = ahead.pop()
            if not isinstance(node, dict) or id(node) in met:
                continue
            met.add(id(node))
            if node is not self.root and self._id(node):
                continue  # a document of its own
            if self.draft >= 2019 or "$ref" not in node:
                _check_patterns(node, path)
            ahead += ((tuple(unquote(ref).split("/")[1:]), self.resolve(ref)) for ref in self._references(node))
            ahead += (((*path, *below), child) for below, child in applied(node, self.draft))

    def _references(self, node: Mapping[str, Any]) -> Iterator[str]:
        for keyword, since in (("$ref", 0), ("$recursiveRef", 2019), ("$dynamicRef", 2020)):
            reference = node.get(keyword)
            if self.draft >= since and isinstance(reference, str) and reference.startswith("#"):
                yield reference

    def resolve(self, ref: str) -> Any:
        """Return the schema a reference names.

        Raises:
            SchemaError: when it names none in this document.
        """
        document, _, fragment = ref.partition("#")
        if document.startswith("urn:") and document not in self._ids:
            return True
        target = self.root if not document else self._document(document)
        if not fragment:
            return target
        if not fragment.startswith("/"):
            if fragment in self._anchors:
                return self._anchors[fragment]
            raise SchemaError(f'anchor in "{ROOT}#{fragment}" not found in schema "{ROOT}"')
        pointer = unquote(fragment)
        for token in pointer.split("/")[1:]:
            name = token.replace("~1", "/").replace("~0", "~")
            if isinstance(target, dict) and name in target:
                target = target[name]
            elif isinstance(target, list) and name.isdigit() and int(name) < len(target):
                target = target[int(name)]
            else:
                raise SchemaError(f'json-pointer in "{ROOT}#{pointer}" not found')
        return target

    def _document(self, name: str) -> Any:
        for known, schema in self._ids.items():
            if known == name or known.rsplit("/", 1)[-1] == name:
                return schema
        raise SchemaError(f'failing loading "{name}": schemas are not fetched over the network')


def _check_patterns(node: Mapping[str, Any], path: tuple[str, ...]) -> None:
    """Refuse a pattern of properties that is none: the older metaschemas let it pass."""
    from pxhelm.golang.regexp import RegexpError, compile_pattern

    for pattern in node.get("patternProperties", ()):
        try:
            compile_pattern(pattern)
        except RegexpError as error:
            place = "".join(f"/{part}" for part in (*path, "patternProperties"))
            raise SchemaError(f'invalid regex {quote(pattern)} at "{ROOT}#{place}": {error}') from None
