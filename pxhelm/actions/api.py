"""Every endpoint of the API from outside: which there are, what they take, and calls that are checked before they are sent.

Knows no endpoint by name: all of it comes from the API schema, the server's own when it was fetched and fits, else the
shipped one of the nearest version. Never touches the store; what is written raw is drift of nobody's plan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from urllib.parse import parse_qsl, quote

from pxhelm.actions.services import Services
from pxhelm.errors import ExitCode, PxhelmError, StageError
from pxhelm.events import Warned
from pxhelm.proxmox import cluster, schema
from pxhelm.proxmox.check import Problem, check
from pxhelm.proxmox.describe import accepted
from pxhelm.proxmox.request import MANUAL, Download, Method, Param, Progress, Request, Upload, call
from pxhelm.proxmox.schema import Endpoint, ParamSpec, Schema
from pxhelm.proxmox.task import Polling, TaskResult, Upid, finish
from pxhelm.secret import Secret

APIDATA = f"{MANUAL}api-viewer/apidata.js"
_POLLING = Polling(first=0.1, factor=1.6, longest=3.0)
_SECRET = re.compile(r"password|secret|(^|-)key$", re.IGNORECASE)
_SPOKEN = {"true": "1", "yes": "1", "on": "1", "false": "0", "no": "0", "off": "0"}
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Wish:
    """A call as it was typed."""

    method: Method
    path: str
    params: Sequence[str] = ()
    """``key=value``; a key may come several times where a list is wanted."""
    files: Sequence[str] = ()
    """``key=FILE``: the value is the file's content, for an upload the file itself."""
    target: str = ""
    """File that the answer becomes as it is; empty = it is read as JSON."""
    checked: bool = True
    """Whether the schema is asked before anything is sent."""
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Which description of the API is used."""

    facts: Schema
    version: str
    """Of the server, or what was asked for."""
    own: bool
    """Whether it is the server's own, fetched by ``api schema update``."""


@dataclass(frozen=True, slots=True)
class Child:
    """One path below another."""

    path: str
    methods: tuple[str, ...]
    below: int
    """How many paths are below it."""


@dataclass(slots=True)
class _Typed:
    values: dict[str, list[str]] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)


def send(services: Services, wish: Wish) -> object:
    """Check a call against the schema of the server's version, send it, and return the data of the answer.

    Raises StageError with every parameter that is wrong, before anything is sent; ApiError when the server refuses.
    """
    return services.cluster.run(call(request_of(services, wish)))


def request_of(services: Services, wish: Wish) -> Request:
    """Return the request that a wish means."""
    path, query = clean_path(wish.path)
    known = of_server(services) if wish.checked else Known(schema.load(), "", own=False)
    endpoint = known.facts.endpoint(wish.method, path)
    if endpoint is None and wish.checked:
        raise no_endpoint(known, wish.method, path)
    typed = _typed([*(f"{name}={value}" for name, value in query), *wish.params])
    upload = _take_files(services, wish, endpoint, typed)
    params, problems = _params(endpoint, typed)
    if endpoint is not None and wish.checked:
        given = {**params, **({"filename": upload.filename} if upload else {})}
        problems += _told(endpoint, check(endpoint, given, known.version))
    if problems:
        many = "a parameter is" if len(problems) == 1 else f"{len(problems)} parameters are"
        raise StageError(f"cannot {wish.method} {path}: {many} wrong, nothing was sent", tuple(problems))
    download = Download(wish.target, wish.progress) if wish.target else None
    return Request(wish.method, path, params, upload, download, _node(endpoint), any_shape=True)


def follow(services: Services, upid: str, on_line: Callable[[str], None]) -> TaskResult:
    """Wait until a task has ended well; TaskError when it has not."""
    return services.cluster.run(finish(upid, _POLLING, on_line))


def is_task(data: object) -> bool:
    """Say whether the answer names a task."""
    return Upid.matches(data)


def clean_path(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return a path below ``/api2/json``, quoted, and the query behind it; takes whole addresses, too."""
    text = re.sub(r"^https?://[^/]*", "", text.strip())
    text = re.sub(r"^/?api2/(json|extjs)(?=/|$)", "", text)
    path, _, query = text.partition("?")
    path = "/" + "/".join(part for part in path.split("/") if part)
    quoted = quote(_BROKEN_ESCAPE.sub("%25", path), safe="/%:@!$&'()*+,;=~{}")
    return quoted, parse_qsl(query, keep_blank_values=True)


# the schema


def of_server(services: Services) -> Known:
    """Return the description for the version that the server says it has."""
    version = services.cluster.run(cluster.version()).version
    return _known(services, version, strange=True)


def offline(services: Services, version: str = "") -> Known:
    """Return the description of a version without asking anybody: by default the fetched one, else the newest."""
    if version:
        return Known(schema.load(version), schema.nearest(version), own=False)
    facts = stored(services)
    return Known(facts, facts.version, own=True) if facts else _known(services, schema.versions()[-1])


def stored(services: Services) -> Schema | None:
    """Return what ``update`` stored for the context."""
    facts = services.api_facts()
    if facts is None:
        return None
    try:
        return Schema.parse(facts)
    except ValueError:
        services.listen(Warned("the stored API schema cannot be read: pxhelm api schema update fetches it anew"))
        return None


def update(services: Services) -> tuple[Schema, str]:
    """Fetch the description that the server's manual holds, store it, and return it with the file's name."""
    from pxhelm.proxmox.schema.compact import compact

    version = services.cluster.run(cluster.version()).version
    raw = services.cluster.run(call(Request("GET", APIDATA, download=Download())))
    assert isinstance(raw, bytes)
    try:
        facts = compact(raw.decode(errors="replace"), version)
    except (ValueError, KeyError, TypeError) as error:
        raise PxhelmError(
            f"cannot read the API schema of the server: {error}", hint="is the package pve-docs installed on the node?"
        ) from None
    return Schema.parse(facts), services.keep_api_facts(facts)


def _known(services: Services, version: str, *, strange: bool = False) -> Known:
    facts = stored(services)
    if facts is not None and facts.version == version:
        return Known(facts, version, own=True)
    if facts is not None and strange:
        services.listen(
            Warned(f"the stored API schema is of {facts.version}, the server has {version}: pxhelm api schema update")
        )
    return Known(schema.load(version), version, own=False)


def no_endpoint(known: Known, method: str, path: str) -> PxhelmError:
    """Return the error for what the API does not have, with what was meant."""
    facts = known.facts
    methods = facts.methods(path)
    if methods:
        text, hint = f"{path} has no {method}", f"it has {', '.join(methods)}"
    else:
        good, bad = _split(facts, path)
        below = facts.children(good)
        near = get_close_matches(bad, below, 1)
        text = f"no such path in the API of Proxmox VE {known.version}"
        listed = f"below {good} there is {', '.join(below[:15])}{' …' if len(below) > 15 else ''}"
        hint = (
            f"did you mean {good.rstrip('/')}/{near[0]}?" if near else listed if below else f"nothing is below {good}"
        )
        later = [v for v in schema.versions() if schema.load(v).methods(path)]
        if later:
            hint = f"it is in Proxmox VE {', '.join(later)}"
    return PxhelmError(f"cannot {method} {path}: {text}", code=ExitCode.USAGE, hint=hint)


def _split(facts: Schema, path: str) -> tuple[str, str]:
    """Return the part of a path that exists, and the first segment that does not."""
    good = ""
    for segment in (s for s in path.split("/") if s):
        below = facts.children(good or "/")
        if segment not in below and not any(name.startswith("{") for name in below):
            return good or "/", segment
        good += f"/{segment}"
    return good or "/", ""


# what there is


def children(facts: Schema, path: str) -> tuple[Child, ...]:
    """Return the paths directly below one; PxhelmError when there is no such path."""
    path, _ = clean_path(path)
    names = facts.children(path)
    if not names and not facts.methods(path):
        raise no_endpoint(Known(facts, facts.version, own=False), "list", path)
    return tuple(_child(facts, f"{path.rstrip('/')}/{name}") for name in names)


def descendants(facts: Schema, path: str) -> tuple[Child, ...]:
    """Return every path below one that has a method."""
    found: list[Child] = []
    for child in children(facts, path):
        found += [child] if child.methods else []
        found += descendants(facts, child.path) if child.below else ()
    return tuple(found)


def _child(facts: Schema, path: str) -> Child:
    return Child(path, facts.methods(path), len(facts.children(path)))


def endpoints(known: Known, path: str, method: str = "") -> tuple[Endpoint, ...]:
    """Return the endpoints of a path, or the one of a method."""
    path, _ = clean_path(path)
    wanted = (method.upper(),) if method else known.facts.methods(path)
    found = [known.facts.endpoint(each, path) for each in wanted]
    if not found or None in found:
        raise no_endpoint(known, wanted[0] if wanted else "show", path)
    return tuple(each for each in found if each is not None)


# parameters


def _typed(params: Sequence[str]) -> _Typed:
    typed = _Typed()
    for text in params:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise PxhelmError(
                f"cannot read parameter {text!r}: it is not key=value",
                code=ExitCode.USAGE,
                hint="write a value with blanks in quotes: description='two words'",
            )
        typed.values.setdefault(name, []).append(value)
    return typed


def _take_files(services: Services, wish: Wish, endpoint: Endpoint | None, typed: _Typed) -> Upload | None:
    """Read the files into the values; one for an endpoint that takes uploads is opened only when it is sent."""
    upload = None
    for text in wish.files:
        name, equals, file = text.partition("=")
        if not equals or not file:
            raise PxhelmError(f"cannot read --data-file {text!r}: it is not key=FILE", code=ExitCode.USAGE)
        if name == "filename" and endpoint is not None and endpoint.path.endswith("/upload"):
            upload = Upload(file, file.replace("\\", "/").rpartition("/")[2], wish.progress)
            continue
        content = services.read(file)
        try:
            typed.values.setdefault(name, []).append(content.decode())
        except UnicodeDecodeError:
            raise PxhelmError(f"cannot use {file} as {name}: it is not text", code=ExitCode.USAGE) from None
    return upload


def _params(endpoint: Endpoint | None, typed: _Typed) -> tuple[dict[str, Param], list[PxhelmError]]:
    """Return the values as the encoder wants them, and those that are given too often."""
    params: dict[str, Param] = {}
    problems: list[PxhelmError] = []
    for name, values in typed.values.items():
        spec = endpoint.parameters.get(name) if endpoint is not None else None
        if spec is not None and spec.type == "boolean":
            values = [_SPOKEN.get(value.lower(), value) for value in values]  # noqa: PLW2901 - as Proxmox spells it
        several = spec is None or spec.type == "array" or spec.format.endswith("-list")
        if len(values) > 1 and not several:
            problems.append(PxhelmError(f"{name}: given {len(values)} times, takes one value", code=ExitCode.USAGE))
        if _SECRET.search(name):
            params[name] = Secret(values[-1])
        else:
            params[name] = values if len(values) > 1 and several else values[-1]
    return params, problems


def _told(endpoint: Endpoint, problems: Sequence[Problem]) -> list[PxhelmError]:
    found = []
    for problem in problems:
        spec = spec_of(endpoint.parameters, problem.name)
        hints = [f"{problem.name} accepts {accepted(spec)}"] if spec is not None else []
        hints += [problem.hint] if problem.hint else []
        found.append(PxhelmError(f"{problem.name}: {problem.text}", code=ExitCode.USAGE, hint="\n".join(hints)))
    return found


def spec_of(parameters: Mapping[str, ParamSpec], name: str) -> ParamSpec | None:
    """Return the spec of a parameter, or of a key of a property string: ``net0.tag``."""
    head, _, key = name.partition(".")
    spec = parameters.get(head)
    return spec.properties.get(key) if spec is not None and key else spec


def _node(endpoint: Endpoint | None) -> str:
    if endpoint is None:
        return ""
    return endpoint.variables.get(endpoint.proxyto or "node", "")


# completion


def complete_path(facts: Schema, typed: str, values: Callable[[str, str], Sequence[str]]) -> list[str]:
    """Return how a path may go on, one segment further; ``values`` knows those of a variable, given the path before."""
    before, _, begun = typed.rpartition("/")
    found = []
    for name in facts.children(before or "/"):
        names = values(name[1:-1], before) if name.startswith("{") else (name,)
        found += [f"{before}/{each}" for each in names if each.startswith(begun)]
    return found


def complete_parameter(endpoint: Endpoint, typed: str, given: Sequence[str]) -> list[str]:
    """Return parameters that are not given yet as ``name=``, or the values of the one that is being typed."""
    name, equals, _ = typed.partition("=")
    if equals:
        spec = endpoint.parameters.get(name)
        if spec is None:
            return []
        words = spec.enum or (("0", "1") if spec.type == "boolean" else ())
        return [f"{name}={word}" for word in words]
    taken = {each.partition("=")[0] for each in given}
    names: list[str] = []
    for each, spec in endpoint.parameters.items():
        if each.endswith("[n]"):
            stem = each[:-3]
            names += [f"{stem}{n}" for n in range((spec.highest or 0) + 1) if f"{stem}{n}" not in taken][:1]
        elif each not in taken and each not in endpoint.variables:
            names.append(each)
    return [f"{each}=" for each in sorted(names)]
