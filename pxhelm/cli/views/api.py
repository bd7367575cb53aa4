"""How the API and its answers read: listings, usage of an endpoint, data as JSON, YAML or a table.

Never asks anybody anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pxhelm.actions.api import Child, Known
from pxhelm.cli.views.document import FORMATS, as_pretty_json, as_yaml
from pxhelm.cli.views.table import plain_table
from pxhelm.proxmox.describe import accepted, permissions, type_of
from pxhelm.proxmox.schema import Endpoint, ParamSpec, Schema


def answer_text(data: object, output: str) -> str:
    """Return the data of an answer; nothing for a call that has nothing to say."""
    if output == "json":
        return as_pretty_json(data)
    if output == "yaml":
        return f"{as_yaml(data).rstrip()}\n"
    if isinstance(data, list) and any(isinstance(row, Mapping) for row in data):
        return _rows_text([row for row in data if isinstance(row, Mapping)])
    if isinstance(data, Mapping):
        return plain_table(("KEY", "VALUE"), [(str(key), _cell(data[key])) for key in sorted(data)])
    if isinstance(data, list):
        return "".join(f"{_cell(each)}\n" for each in data)
    return "" if data is None else f"{_cell(data)}\n"


def _rows_text(rows: Sequence[Mapping[str, Any]]) -> str:
    keys = sorted({key for row in rows for key in row}, key=lambda key: (key not in _FIRST, _FIRST.get(key, 0), key))
    return plain_table([key.upper() for key in keys], [[_cell(row.get(key)) for key in keys] for row in rows])


_FIRST = {key: place for place, key in enumerate(("id", "vmid", "name", "node", "storage", "type", "status"))}


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.replace("\n", "\\n")


def children_text(found: Sequence[Child], output: str) -> str:
    """Return a listing of paths."""
    if output == "name":
        return "".join(f"{child.path}\n" for child in found)
    if output in FORMATS:
        return FORMATS[output]([{"path": c.path, "methods": list(c.methods), "below": c.below} for c in found])
    return plain_table(
        ("PATH", "METHODS", "BELOW"), [(c.path, ",".join(c.methods), str(c.below) if c.below else "") for c in found]
    )


def usage_text(found: Sequence[Endpoint], known: Known, output: str) -> str:
    """Return what endpoints take, who may call them, and what they return."""
    if output in FORMATS:
        documents = [_document(endpoint, known) for endpoint in found]
        return FORMATS[output](documents if len(documents) > 1 else documents[0])
    return "\n".join(_endpoint_text(endpoint, known) for endpoint in found)


def _endpoint_text(endpoint: Endpoint, known: Known) -> str:
    source = "the server's own" if known.own else "shipped"
    lines = [f"{endpoint.method} {endpoint.path}    (Proxmox VE {known.version}, {source} schema)"]
    lines += [f"  rights   {permissions(endpoint)}"]
    if endpoint.proxyto:
        lines += [f"  node     answered by {{{endpoint.proxyto}}}, whichever node is asked"]
    if not endpoint.token:
        lines += ["  tokens   refused: needs a ticket, that is a user with a password"]
    lines += [f"  returns  {_returns(endpoint.returns)}", ""]
    rows = [row for name in _ordered(endpoint) for row in _rows_of(name, endpoint.parameters[name])]
    if not rows:
        return "\n".join([*lines, "  takes no parameters", ""])
    table = plain_table(("PARAMETER", "TYPE", "REQUIRED", "DEFAULT", "ACCEPTS"), rows)
    lines += [f"  {line.rstrip()}" for line in table.splitlines()]
    return "\n".join([*lines, ""])


def _ordered(endpoint: Endpoint) -> list[str]:
    """Return the names: those of the path, required ones, the others."""
    in_path = [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")]
    first = [name for name in in_path if name in endpoint.parameters]
    rest = [name for name in endpoint.parameters if name not in first]
    return first + sorted(rest, key=lambda name: (endpoint.parameters[name].optional or name.endswith("[n]"), name))


def _rows_of(name: str, spec: ParamSpec) -> list[tuple[str, ...]]:
    shown = f"{name.removesuffix('[n]')}[0-{spec.highest}]" if name.endswith("[n]") else name
    rows = [_row(shown, spec, optional=spec.optional or name.endswith("[n]"))]
    form = spec.properties
    if spec.type == "string":
        own = sorted(
            (key for key, each in form.items() if not each.alias),
            key=lambda key: (not form[key].default_key, form[key].optional, key),
        )
        rows += [_row(f"  .{key}", form[key], optional=form[key].optional) for key in own]
    return rows


def _row(name: str, spec: ParamSpec, *, optional: bool) -> tuple[str, ...]:
    takes = "keys below, as key=value,…" if spec.properties and spec.type == "string" else accepted(spec)
    if spec.instance_types:
        takes += f" (with {spec.type_property or 'type'} {', '.join(spec.instance_types)})"
    if spec.requires:
        takes += f" (needs {spec.requires})"
    default = "" if spec.default is None else _cell(spec.default)
    return (name, type_of(spec), "" if optional else "yes", default, takes)


def _returns(spec: ParamSpec) -> str:
    if spec.type == "array" and spec.items is not None and spec.items.properties:
        return f"list of objects: {', '.join(spec.items.properties)}"
    if spec.type == "object" and spec.properties:
        return f"object: {', '.join(spec.properties)}"
    if spec.type == "string" and (spec.format == "pve-task-status" or not spec.enum):
        return "string (of calls that take time: the UPID of their task)"
    return "nothing" if spec.type == "null" else type_of(spec)


def _document(endpoint: Endpoint, known: Known) -> dict[str, Any]:
    return {
        "method": endpoint.method,
        "path": endpoint.path,
        "version": known.version,
        "permissions": dict(endpoint.permissions),
        "proxyto": endpoint.proxyto,
        "token": endpoint.token,
        "parameters": {name: _spec_document(endpoint.parameters[name]) for name in _ordered(endpoint)},
        "returns": _spec_document(endpoint.returns),
    }


def _spec_document(spec: ParamSpec) -> dict[str, Any]:
    found: dict[str, Any] = {"type": spec.type, "required": not (spec.optional or spec.name.endswith("[n]"))}
    plain = ("minimum", "maximum", "pattern", "min_length", "max_length", "format", "default", "requires", "highest")
    for key in plain:
        value = getattr(spec, key)
        if value not in (None, ""):
            found[_camel(key)] = value
    if spec.enum:
        found["enum"] = list(spec.enum)
    if spec.properties:
        found["properties"] = {key: _spec_document(each) for key, each in spec.properties.items()}
    if spec.items is not None:
        found["items"] = _spec_document(spec.items)
    return found


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def schema_text(context: str, facts: Schema | None, shipped: Sequence[str], output: str) -> str:
    """Return which descriptions of the API there are."""
    if output in FORMATS:
        own = {"version": facts.version, "paths": len(facts.paths())} if facts else None
        return FORMATS[output]({"context": context, "stored": own, "shipped": list(shipped)})
    stored = f"Proxmox VE {facts.version}, {len(facts.paths())} paths" if facts else "none: pxhelm api schema update"
    return f"stored for {context}: {stored}\nshipped: {', '.join(shipped)}\n"
