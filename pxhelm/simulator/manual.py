"""What a node serves beside the API: the description of the API in its manual, made from the schema's facts.

Without a sentence of prose, as nobody reads it but programs; ``schema.compact`` makes the same facts of it again.
"""

from __future__ import annotations

import json
from typing import Any

from pxhelm.proxmox.schema import Endpoint, ParamSpec, Schema, load
from pxhelm.simulator.wire import Answer, HttpRequest

ROOT = "/pve-docs/"
_APIDATA = "/pve-docs/api-viewer/apidata.js"
_SAME = ("type", "pattern", "requires", "alias", "minimum", "maximum")
_NAMES = {
    "min_length": "minLength",
    "max_length": "maxLength",
    "key_alias": "keyAlias",
    "type_property": "type-property",
}


def answer(request: HttpRequest, version: str) -> Answer:
    """Return a file of the manual."""
    path = request.target.partition("?")[0]
    if request.method != "GET" or path != _APIDATA:
        return Answer(500, f"no such file '{path}'", f"no such file '{path}'\n".encode(), "text/plain")
    text = f"const apiSchema = {json.dumps(describe(load(version)))}\n;\n"
    return Answer(200, "OK", text.encode(), "application/javascript")


def describe(facts: Schema) -> list[dict[str, Any]]:
    """Return the tree of the API as ``apidata.js`` holds it."""
    return [_node(facts, f"/{name}", name) for name in facts.children("/")]


def _node(facts: Schema, path: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"path": path, "text": name, "leaf": 1}
    info = {}
    for method in facts.methods(path):
        endpoint = facts.endpoint(method, path)
        assert endpoint is not None
        info[method] = _info(endpoint)
    if info:
        found["info"] = info
    below = facts.children(path)
    if below:
        found["leaf"] = 0
        found["children"] = [_node(facts, f"{path}/{each}", each) for each in below]
    return found


def _key(name: str, spec: ParamSpec) -> str:
    """Return a key of a format that is known by name only, in the grammar of the manual."""
    kinds = {"boolean": "1|0", "integer": "integer", "number": "number"}
    what = "|".join(spec.enum) or kinds.get(spec.type, name)
    text = f"[{name}=]<{what}>" if spec.default_key else f"{name}=<{what}>"
    return f"[{text}]" if spec.optional else text


def _info(endpoint: Endpoint) -> dict[str, Any]:
    properties = {name: _spec(endpoint.parameters[name]) for name in endpoint.parameters}
    found: dict[str, Any] = {
        "method": endpoint.method,
        "parameters": {"additionalProperties": int(endpoint.additional), "properties": properties},
        "returns": _spec(endpoint.returns),
        "allowtoken": int(endpoint.token),
    }
    if endpoint.permissions:
        found["permissions"] = dict(endpoint.permissions)
    if endpoint.proxyto:
        found["proxyto"] = endpoint.proxyto
    if endpoint.protected:
        found["protected"] = 1
    return found


def _spec(spec: ParamSpec) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(spec, name) for name in _SAME if getattr(spec, name) not in (None, "")}
    found |= {theirs: getattr(spec, ours) for ours, theirs in _NAMES.items() if getattr(spec, ours) not in (None, "")}
    found |= {"optional": 1} if spec.optional else {}
    found |= {"default_key": 1} if spec.default_key else {}
    found |= {"enum": list(spec.enum)} if spec.enum else {}
    found |= {"instance-types": list(spec.instance_types)} if spec.instance_types else {}
    if spec.default is not None:
        found["default"] = int(spec.default) if spec.type == "boolean" else spec.default
    if spec.highest is not None:
        found["description"] = f"(n is 0 to {spec.highest})"
    form = {name: _spec(each) for name, each in spec.properties.items()}
    if spec.format:
        found["format"] = spec.format
        if form:
            found["typetext"] = ",".join(_key(name, each) for name, each in spec.properties.items())
    elif form:
        found["format" if spec.type == "string" else "properties"] = form
    if spec.items is not None:
        found["items"] = _spec(spec.items)
    if spec.one_of:
        found["oneOf"] = [_spec(each) for each in spec.one_of]
    return found
