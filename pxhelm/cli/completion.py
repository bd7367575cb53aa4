"""What the shell completes: releases, objects, contexts and namespaces, from the store and the configuration.

Asks no cluster and never says anything: a store that cannot be read completes to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from pxhelm.app import Opened

_CHARTS = frozenset(("install", "template", "plan", "diff", "upgrade"))
"""Commands whose second argument is a chart: the shell completes files."""
_RELEASES = frozenset(("upgrade", "rollback", "uninstall", "history", "status", "plan", "diff", "test"))
_OF_OBJECTS = frozenset(("get", "describe", "delete", "edit", "label", "annotate", "wait"))
"""Commands whose arguments are a kind and names, or ``KIND/NAME``."""
_OF_GUESTS = frozenset(("exec", "logs", "cp"))
"""Commands whose first argument is ``vm/NAME``."""
_GUEST_KINDS = ("VirtualMachine", "Container")
_FORMATS = ("json", "yaml", "name", "wide", "jsonpath=", "jsonpath-as-json=", "jsonpath-file=", "custom-columns=",
            "custom-columns-file=", "go-template=", "go-template-file=")  # fmt: skip
_PARTS = ("all", "values", "manifest", "notes", "hooks", "metadata")


def complete_argument(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return what the next argument of a command may be."""
    given = list(ctx.params.get("arguments") or ())
    path = ctx.command_path.split(" ")[1:]
    found: Iterable[str] = ()
    with suppress(Exception):
        found = _candidates(ctx, path, given, incomplete)
    items = [CompletionItem(each) for each in dict.fromkeys(found) if each.startswith(incomplete)]
    if not items and path and (path[0] in _CHARTS or path[0] == "create") and len(given) <= 1:
        return [CompletionItem(incomplete, type="file")]
    return items


def complete_context(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the contexts of the configuration, and the built-in one."""
    with suppress(Exception):
        from pxhelm.settings import SIMULATOR, load

        return [CompletionItem(name) for name in (*load().contexts, SIMULATOR) if name.startswith(incomplete)]
    return []


def complete_namespace(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the namespaces in which the store holds something."""
    found: set[str] = {"default"}
    with suppress(Exception):
        found.update(_opened(ctx, _namespaces))
    return [CompletionItem(name) for name in sorted(found) if name.startswith(incomplete)]


def _candidates(ctx: click.Context, path: list[str], given: list[str], incomplete: str) -> Iterable[str]:
    match path:
        case ["config", "use" | "remove"]:
            return [item.value for item in complete_context(ctx, ctx.command.params[0], incomplete)]
        case ["completion"]:
            return ("bash", "zsh", "fish")
        case ["api", verb] if verb != "schema":
            return _opened(ctx, _api(verb, given, incomplete))
        case ["discover"]:
            return ("all", "vms", "containers", "storage", "nodes", "tasks")
        case ["vm" | "container", verb] if verb not in ("create", "delete-backup"):
            return () if verb == "clone" and given else _opened(ctx, _guests(path[0]))
        case [verb] if verb in _OF_OBJECTS and not given:
            return _first_of_objects(ctx, verb, incomplete)
        case ["explain"] if not given:
            return _fields(incomplete)
        case ["top"] if not given:
            return ("nodes", "vms", "containers", "storages")
        case [verb] if verb in _OF_GUESTS and (not given or verb == "cp"):
            return [f"{kind}/{name}" for kind in ("vm", "ct") for name in _opened(ctx, _named(kind))]
        case ["get"] if given[0] in _PARTS:
            return _opened(ctx, _releases) if len(given) == 1 else ()
        case [verb] if verb in _OF_OBJECTS or verb == "top":
            return _opened(ctx, _named(given[0]))
        case [verb] if verb in _RELEASES and not given:
            return _opened(ctx, _releases)
        case ["rollback"] if len(given) == 1:
            return _opened(ctx, _revisions(given[0]))
    return ()


def _first_of_objects(ctx: click.Context, verb: str, incomplete: str) -> Iterable[str]:
    from pxhelm.actions.inspect import LIVE_NAMES
    from pxhelm.kinds import CATALOGUE

    if "/" in incomplete:
        kind = incomplete.partition("/")[0]
        return [f"{kind}/{name}" for name in _opened(ctx, _named(kind))]
    head, comma, _ = incomplete.rpartition(",")
    kinds = ["vms" if name == "VirtualMachine" else plural for name, (_, plural, _) in CATALOGUE.items()]
    if verb in ("get", "describe"):
        kinds += [names[0] for names in LIVE_NAMES.values()] + ["templates"]
    if verb == "get":
        kinds += _PARTS
    return [f"{head}{comma}{kind}" for kind in kinds]


def _fields(incomplete: str) -> Iterable[str]:
    """Return the kinds, or the fields directly below a path such as ``vm.spec.cpu``."""
    from pxhelm.actions.inspect import kinds_of
    from pxhelm.kinds import CATALOGUE, KINDS

    kind, dot, rest = incomplete.partition(".")
    if not dot:
        return [name for _, plural, short in CATALOGUE.values() for name in ((short or (plural,))[0], plural)]
    if not rest.startswith("spec."):
        return [f"{kind}.spec", f"{kind}.metadata"]
    (name,) = kinds_of(kind)
    above = rest.removeprefix("spec.").rpartition(".")[0]
    depth = above.count(".") + 1 if above else 0
    parts = above.split(".") if above else []
    found = []
    for each in KINDS[name].fields:
        names = each.path.split(".")
        if len(names) > depth and all(a in (b, "*") for a, b in zip(names, parts, strict=False)):
            found.append(names[depth])
    slots = KINDS[name].slots.get(parts[0], ()) if parts else ()
    below = [slot for part in dict.fromkeys(found) for slot in (slots if part == "*" else (part,))]
    return [f"{kind}.spec.{'.'.join((*parts, part))}" for part in below]


def complete_output(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return kubectl's formats."""
    return [CompletionItem(each) for each in _FORMATS if each.startswith(incomplete)]


def complete_field(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the fields of a field selector; of the kinds that were named, where one was."""
    with suppress(Exception):
        from pxhelm.actions.inspect import kinds_of
        from pxhelm.cli.selectors import fields_of

        given = [word for word in (*(ctx.params.get("arguments") or ()), *ctx.args) if not word.startswith("-")]
        kinds = kinds_of(given[0].partition("/")[0]) if given else ()
        head, comma, last = incomplete.rpartition(",")
        return [CompletionItem(f"{head}{comma}{each}=") for each in fields_of(kinds) if each.startswith(last)]
    return []


def complete_node(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the nodes that were last recorded."""
    return _recorded(ctx, "Node", incomplete)


def complete_storage(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the storages that were last recorded."""
    return _recorded(ctx, "Storage", incomplete)


def _recorded(ctx: click.Context, kind: str, incomplete: str) -> list[CompletionItem]:
    with suppress(Exception):
        names = _opened(ctx, lambda services: _names(services, (kind,)))
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return []


Reader = Callable[["Opened"], "set[str] | list[str]"]


def _opened(ctx: click.Context, read: Reader) -> set[str] | list[str]:
    from pxhelm.app import open_services

    flags: Mapping[str, Any] = {
        name: value
        for each in (ctx, *_parents(ctx))
        for name in ("context", "namespace", "config")
        if (value := each.params.get(name))
    }
    with open_services(flags) as services:
        return read(services)


def _parents(ctx: click.Context) -> Iterable[click.Context]:
    while ctx.parent is not None:
        ctx = ctx.parent
        yield ctx


def _releases(services: Opened) -> list[str]:
    latest = services.store.releases.latest(services.place.cluster, services.place.namespace)
    return [revision.key.name for revision in latest]


def _revisions(name: str) -> Reader:
    def read(services: Opened) -> list[str]:
        found = services.store.releases.list(services.place.cluster, services.place.namespace)
        return [str(revision.version) for revision in found if revision.key.name == name]

    return read


def _namespaces(services: Opened) -> set[str]:
    from pxhelm.store.objects import ObjectQuery

    cluster = services.place.cluster
    found = {one.key.namespace for one in services.store.objects.list(ObjectQuery(cluster))}
    found |= {revision.key.namespace for revision in services.store.releases.latest(cluster)}
    return found - {""}


def _api(verb: str, given: list[str], incomplete: str) -> Reader:
    # bash makes three words of name=value, and wants the value alone
    split = given[-1:] == ["="] and len(given) > 2
    if split:
        given, incomplete = given[:-2], f"{given[-2]}={incomplete}"

    def read(services: Opened) -> list[str]:
        from pxhelm.actions import api

        facts = api.offline(services).facts
        if not given:
            return api.complete_path(facts, incomplete or "/", partial(_variables, services))
        path, _ = api.clean_path(given[0])
        if verb == "usage":
            return list(facts.methods(path))
        endpoint = facts.endpoint(verb.upper(), path)
        found = api.complete_parameter(endpoint, incomplete, given[1:]) if endpoint else []
        return [each.partition("=")[2] for each in found] if split else found

    return read


def _variables(services: Opened, name: str, path: str) -> list[str]:
    """Return what a variable of an API path may be, as it was last recorded; guests of the node that the path names."""
    kind = {"node": "Node", "storage": "Storage", "poolid": "Pool"}.get(name, "")
    if name == "vmid":
        kind = "Container" if path.endswith("/lxc") else "VirtualMachine"
    seen = services.store.inventory.list(services.place.cluster, kind) if kind else ()
    if name == "vmid":
        return sorted(str(one.current.get("vmid")) for one in seen if f"/nodes/{one.node}/" in path)
    return sorted({str(one.node if name == "node" else one.current.get(kind.lower(), "")) for one in seen})


def _guests(group: str) -> Reader:
    def read(services: Opened) -> list[str]:
        return _names(services, (_GUEST_KINDS[group == "container"],))

    return read


def _named(words: str) -> Reader:
    def read(services: Opened) -> list[str]:
        from pxhelm.actions.inspect import kinds_of

        return _names(services, kinds_of(words))

    return read


def _names(services: Opened, kinds: tuple[str, ...]) -> list[str]:
    """Return the names of our objects, and of others' as they were last recorded."""
    from pxhelm.store.objects import ObjectQuery

    cluster, namespace = services.place.cluster, services.place.namespace
    found = {
        one.key.name
        for kind in kinds
        for one in services.store.objects.list(ObjectQuery(cluster, kind=kind))
        if one.key.namespace in ("", namespace)
    }
    for kind in kinds:
        for seen in services.store.inventory.list(cluster, kind):
            if not seen.uid:
                found.add(str(seen.current.get("hostname") or seen.ref.rpartition("/")[2]))
    return sorted(found)
