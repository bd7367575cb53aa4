"""kubectl's ``-o``: which formats there are, and documents as JSON, YAML, JSONPath, columns or Go templates print them.

Never asks for anything, and reads no file: ``template`` is the text of one already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pxhelm.cli.views.document import as_pretty_json, as_yaml
from pxhelm.cli.views.table import plain_table
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.golang.jsonpath import JsonPath

Document = Mapping[str, Any]
PLAIN = ("wide", "name", "json", "yaml")
TEMPLATED: Mapping[str, str] = {
    "jsonpath": "jsonpath",
    "jsonpath-as-json": "jsonpath-as-json",
    "jsonpath-file": "jsonpath",
    "custom-columns": "custom-columns",
    "custom-columns-file": "custom-columns-file",
    "go-template": "go-template",
    "template": "go-template",
    "go-template-file": "go-template",
    "templatefile": "go-template",
}
"""Format as it is written → format as it is printed; those that end in ``file`` take the name of one."""
FROM_FILE = frozenset(("jsonpath-file", "custom-columns-file", "go-template-file", "templatefile"))


@dataclass(frozen=True, slots=True)
class Output:
    """A format, and the template it needs."""

    form: str = "table"
    """``table``, ``wide``, ``name``, ``json``, ``yaml``, ``jsonpath``, ``custom-columns``, ``go-template`` …"""
    template: str = ""

    @property
    def tabular(self) -> bool:
        """Whether it is the table for people."""
        return self.form in ("table", "wide")


def parse_output(text: str, template: str, read: Callable[[str], str]) -> Output:
    """Return what ``-o`` and ``--template`` ask for; PxhelmError in kubectl's words when that is none.

    ``read`` returns the text of a file.
    """
    form, equals, given = text.partition("=")
    if text in ("", "table"):
        return Output("go-template", template) if template else Output()
    if form in PLAIN and not equals:
        return Output(form)
    if form not in TEMPLATED:
        allowed = ",".join(sorted((*TEMPLATED, *PLAIN)))
        raise PxhelmError(
            f'unable to match a printer suitable for the output format "{text}", allowed formats are: {allowed}',
            code=ExitCode.USAGE,
        )
    value = given or ("" if form.startswith("custom-columns") else template)
    if not value:
        what = "custom columns" if form.startswith("custom-columns") else "template"
        raise PxhelmError(
            f"{form} format specified but no {what} given", code=ExitCode.USAGE, hint=f"such as -o {_EXAMPLES[form]}"
        )
    return Output(TEMPLATED[form], read(value) if form in FROM_FILE else value)


_EXAMPLES = {
    **dict.fromkeys(("jsonpath", "jsonpath-as-json"), "jsonpath='{.items[*].metadata.name}'"),
    "jsonpath-file": "jsonpath-file=FILE",
    "custom-columns": "custom-columns=NAME:.metadata.name,NODE:.status.node",
    "custom-columns-file": "custom-columns-file=FILE",
    **dict.fromkeys(("go-template", "template"), "go-template='{{.metadata.name}}'"),
    **dict.fromkeys(("go-template-file", "templatefile"), "go-template-file=FILE"),
}

Printer = Callable[[Document | Sequence[Document]], str]
"""Prints one document, or a list as ``kind: List``."""


def printer_of(output: Output, *, headers: bool = True) -> Callable[[Document], str]:
    """Return what prints a document (a list is one, too); a template is read at once, so that mistakes come early."""
    match output.form:
        case "json":
            return as_pretty_json
        case "yaml":
            return as_yaml
        case "jsonpath" | "jsonpath-as-json":
            return _jsonpath(output)
        case "custom-columns" | "custom-columns-file":
            return _columns(output, headers=headers)
        case "go-template":
            return _go_template(output.template)
    raise AssertionError(output.form)


def _jsonpath(output: Output) -> Callable[[Document], str]:
    from pxhelm.golang.jsonpath import JsonPath, JsonPathError

    template = output.template
    try:
        path = JsonPath(template)
    except JsonPathError as error:
        raise PxhelmError(f"error parsing jsonpath {template}, {error}", code=ExitCode.USAGE) from None

    def show(document: Document) -> str:
        try:
            return path.as_json(document) if output.form == "jsonpath-as-json" else path.text(document)
        except JsonPathError as error:
            raise PxhelmError(f'error executing jsonpath "{template}": {error}') from None

    return show


def members(document: Document) -> Sequence[Document]:
    """Return the items of a list, or the one document."""
    items = document.get("items")
    return items if document.get("kind") == "List" and isinstance(items, list) else [document]


def _columns(output: Output, *, headers: bool) -> Callable[[Document], str]:
    from pxhelm.golang.fmt import value_text
    from pxhelm.golang.jsonpath import JsonPath, JsonPathError, relaxed

    try:
        if output.form == "custom-columns-file":
            pairs = _columns_of_file(output.template)
        else:
            pairs = [_column(part) for part in output.template.split(",")]
        columns = [(title, JsonPath(relaxed(path))) for title, path in pairs]
    except JsonPathError as error:
        raise PxhelmError(str(error), code=ExitCode.USAGE) from None

    def cell(path: JsonPath, document: Document) -> str:
        found = path.find(document)
        texts = ["<nil>" if value is None else value_text(value) for values in found for value in values]
        return ",".join(texts if found and found[0] else ["<none>", *texts])

    def show(document: Document) -> str:
        try:
            rows = [[cell(path, one) for _, path in columns] for one in members(document)]
        except JsonPathError as error:
            raise PxhelmError(str(error)) from None
        return plain_table([title for title, _ in columns] if headers else (), rows)

    return show


def _column(part: str) -> tuple[str, str]:
    title, colon, path = part.partition(":")
    if not colon:
        raise PxhelmError(
            f"unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>", code=ExitCode.USAGE
        )
    return title, path


def _columns_of_file(text: str) -> list[tuple[str, str]]:
    lines = text.splitlines()
    expected = "Expected format is one line of space separated headers, one line of space separated column specs."
    if len(lines) < 2:
        missing = "spec" if lines else "header"
        raise PxhelmError(f"invalid template, missing {missing} line. {expected}", code=ExitCode.USAGE)
    titles, paths = lines[0].split(), lines[1].split()
    if len(titles) != len(paths):
        raise PxhelmError(
            f"number of headers ({len(titles)}) and field specifications ({len(paths)}) don't match",
            code=ExitCode.USAGE,
        )
    return list(zip(titles, paths, strict=True))


def _go_template(source: str) -> Callable[[Document], str]:
    from pxhelm.golang.base64 import Base64Error, decode
    from pxhelm.golang.value import go_bytes, go_string
    from pxhelm.gotemplate.errors import TemplateError
    from pxhelm.gotemplate.plain import PlainTemplate
    from pxhelm.gotemplate.signature import FunctionError, function

    def base64decode(text: str) -> str:
        try:
            return go_string(decode(go_bytes(text)))
        except Base64Error as error:
            raise FunctionError(f"base64 decode failed: {error}") from None

    def exists(item: Any, *keys: object) -> bool:
        for key in keys:
            try:
                item = item[key]
            except (KeyError, IndexError, TypeError):
                return False
        return True

    functions = {
        "exists": function(exists, "interface {}", "...interface {}", result="bool"),
        "base64decode": function(base64decode, "string", result="string"),
    }
    try:
        template = PlainTemplate("output", source, functions)
    except TemplateError as error:
        raise PxhelmError(f"error parsing template {source}, {error}", code=ExitCode.USAGE) from None

    def show(document: Document) -> str:
        try:
            return template.render(document)
        except TemplateError as error:
            raise PxhelmError(f'error executing template "{source}": {error}') from None

    return show


def ordered_by(documents: Sequence[Document], path: str) -> list[int]:
    """Return the places of documents in the order of ``--sort-by``; PxhelmError when none has the field."""
    from pxhelm.golang.jsonpath import JsonPath, JsonPathError, relaxed
    from pxhelm.golang.natural import UnsortableError, in_order

    try:
        template = relaxed(path)
        field = JsonPath(template)
        found = [next(iter(field.first(one)), None) for one in documents]
        if documents and all(value is None for value in found):
            raise PxhelmError(
                f'couldn\'t find any field with path "{template}" in the list of objects',
                code=ExitCode.USAGE,
                hint="fields are those of -o json, such as .metadata.name or .status.node",
            )
        return sorted(range(len(found)), key=lambda place: in_order(found[place]))
    except (JsonPathError, UnsortableError) as error:
        raise PxhelmError(f"cannot sort by {path}: {error}", code=ExitCode.USAGE) from None
