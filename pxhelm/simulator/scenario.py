"""Scenarios: the shape of a cluster, what it already holds, how slow it is and what goes wrong, in a YAML file.

Reads a text and says what is wrong with it, with the line; never opens a file and never touches a cluster.
"""

from __future__ import annotations

import difflib
import json
import shlex
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from pxhelm.simulator import faults, happenings
from pxhelm.simulator.cluster import Cluster
from pxhelm.simulator.seed import GIB, TOKEN, Machine, entropy_of
from pxhelm.simulator.tasks import settle
from pxhelm.simulator.wire import METHODS, HttpRequest
from pxhelm.simulator.world import Moment, World


class ScenarioError(ValueError):
    """A scenario that cannot be read."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens by itself."""

    after: float
    """Seconds after the simulator was opened."""
    what: Mapping[str, Any]
    """As ``happenings.happen`` takes it."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that is sent as root, at once, before anybody else's, to a fresh cluster."""

    method: str
    path: str
    params: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a file says; None where it says nothing."""

    machines: tuple[Machine, ...] = ()
    nodes: int | None = None
    guests: int | None = None
    seed: int | None = None
    time_scale: float | None = None
    latency: float | None = None
    statistics: float | None = None
    faults: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    requests: tuple[Prepared, ...] = field(default=())


def read(text: str) -> Scenario:
    """Return the scenario of a YAML text; ScenarioError says what is wrong and where."""
    import yaml

    try:
        root = yaml.compose(text, yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ScenarioError(f"line {line}: {error.problem}") from None
    if root is None:
        return Scenario()
    lines = {str(key.value): key.start_mark.line + 1 for key, _ in root.value} if _is_mapping(root) else {}
    data = yaml.load(text, yaml.CSafeLoader)
    if not isinstance(data, dict):
        raise ScenarioError("line 1: a scenario is a mapping with nodes, faults, events …")
    found: dict[str, Any] = {}
    for key, value in data.items():
        reader = _READERS.get(str(key))
        if reader is None:
            near = difflib.get_close_matches(str(key), _READERS, 1)
            hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(_READERS)}"
            raise ScenarioError(f"line {lines[str(key)]}: unknown key {key}: {hint}")
        try:
            found |= reader(value)
        except (ValueError, TypeError, KeyError) as error:
            said = f"{error.args[0]} is missing" if isinstance(error, KeyError) else error
            raise ScenarioError(f"line {lines[str(key)]}: {key}: {said}") from None
    return Scenario(**found)


def prepare(cluster: Cluster, wanted: Prepared, now: float) -> None:
    """Send a request as root, its task at once; ScenarioError when it is refused."""
    form = urlencode(wanted.params)
    reads = wanted.method in ("GET", "DELETE")
    headers = {"authorization": f"PVEAPIToken={TOKEN}", "content-type": "application/x-www-form-urlencoded"}
    target = f"/api2/json{wanted.path}{f'?{form}' if form and reads else ''}"
    request = HttpRequest(wanted.method, target, headers, b"" if reads else form.encode())
    answer, _ = cluster.answer(request, Moment(now, entropy_of(zlib.crc32(wanted.text.encode())), 0.0))
    if answer.status != 200:
        said = " ".join(json.loads(answer.body).get("errors", {}).values()) if answer.body else ""
        raise ScenarioError(f"{wanted.text}: {' '.join([str(answer.status), answer.reason, *said.split()])}")
    settle(World(cluster.state, Moment(now, bytes, 0.0)))


def _is_mapping(node: Any) -> bool:
    return isinstance(node.value, list) and all(isinstance(each, tuple) for each in node.value)


def _nodes(value: Any) -> dict[str, Any]:
    if isinstance(value, int) and not isinstance(value, bool):
        if not 1 <= value <= 32:
            raise ValueError(f"{value} is not from 1 to 32")
        return {"nodes": value}
    machines = tuple(_machine(each) for each in _list(value))
    if not machines or len({m.name for m in machines}) != len(machines):
        raise ValueError("a number, or a list of nodes with different names")
    return {"machines": machines}


def _machine(value: Any) -> Machine:
    if isinstance(value, str):
        return Machine(value)
    known = {"name", "cpus", "memory"}
    if not isinstance(value, dict) or set(value) - known:
        raise ValueError(f"a node is a name, or {', '.join(sorted(known))} (memory in GiB), not {value}")
    return Machine(str(value["name"]), int(value.get("cpus", 16)), int(float(value.get("memory", 128)) * GIB))


def _number(name: str, kind: Callable[[Any], Any]) -> Callable[[Any], dict[str, Any]]:
    def check(value: Any) -> dict[str, Any]:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            raise ValueError(f"{value} is not a number from 0")
        return {name: kind(value)}

    return check


def _faults(value: Any) -> dict[str, Any]:
    texts = tuple(str(each) for each in _list(value))
    for text in texts:
        faults.parse(text)
    return {"faults": texts}


def _events(value: Any) -> dict[str, Any]:
    found = []
    for each in _list(value):
        if not isinstance(each, dict):
            raise TypeError(f"an event is a mapping with after and event, not {each}")
        what = {key: part for key, part in each.items() if key != "after"}
        wanted = happenings.FIELDS.get(str(what["event"]))
        if wanted is None:
            raise ValueError(f"unknown event {what['event']}: one of {', '.join(happenings.FIELDS)}")
        if set(what) - {"event"} != set(wanted):
            raise ValueError(f"{what['event']} needs {', '.join(wanted) or 'nothing more'}, not {sorted(what)}")
        found.append(Event(float(each["after"]), what))
    return {"events": tuple(sorted(found, key=lambda event: event.after))}


def _requests(value: Any) -> dict[str, Any]:
    return {"requests": tuple(_prepared(str(each)) for each in _list(value))}


def _prepared(text: str) -> Prepared:
    words = shlex.split(text)
    if len(words) < 2 or words[0] not in METHODS or not words[1].startswith("/"):
        raise ValueError(f"a request is METHOD /path key=value …, not {text!r}")
    pairs = [word.partition("=") for word in words[2:]]
    bad = next((name for name, equals, _ in pairs if not equals), "")
    if bad:
        raise ValueError(f"{bad!r} in {text!r} is not key=value")
    return Prepared(words[0], words[1], {name: part for name, _, part in pairs}, text)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"a list is wanted, not {value!r}")
    return value


_READERS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "nodes": _nodes,
    "guests": _number("guests", int),
    "seed": _number("seed", int),
    "timeScale": _number("time_scale", float),
    "latency": _number("latency", float),
    "statistics": _number("statistics", float),
    "faults": _faults,
    "events": _events,
    "requests": _requests,
}
