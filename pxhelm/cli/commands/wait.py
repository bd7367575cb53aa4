"""``pxhelm wait``: until objects are as wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.kubectl import refused_flags
from pxhelm.cli.options import files_flag, flag, selection_flags
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found, Query
    from pxhelm.actions.services import Services

HELP = """Wait until objects are as wanted, and exit with 1 when they are not in time.

\b
  pxhelm wait vm/web --for=condition=Ready --timeout=2m
  pxhelm wait vms -l app=shop --for=jsonpath='{.status.power}'=stopped
  pxhelm wait vm/web --for=delete
  pxhelm wait vm/web --for=create --timeout=10m
  pxhelm wait vm vmid:101 --for=jsonpath='{.status.lock}'=''

\b
Conditions, each also with a value, =False for instance:
  Ready           as applied, powered as its manifest wants, not locked, and ready in the words of spec.readiness
  Synced, Drifted whether it is as it was applied
  Reconciling     whether an operation on it is not done
  Stalled         whether the latest operation failed
  Blocked         whether Proxmox VE has locked it
  NeedsRestart    whether a running guest does not have all of its configuration yet
  GuestActionNeeded  whether cloud-init has something to read with the next boot
  Migratable      whether nothing of its host keeps it there
  IdentityConflict  whether the guest in its place is not it
  AgentConnected  whether the guest agent answers
  Complete        whether a Job was done
"""
_EVERY = 1.0
Test = Callable[["Services", "Found"], bool]


@cli.command("wait", usage="KIND NAME ... | KIND/NAME ... | KIND -l SELECTOR | -f FILE", arguments=(0, None), help=HELP)
@files_flag
@click.option(
    "--for", "wish", default="", metavar="WISH", help="condition=NAME[=VALUE], jsonpath=PATH[=VALUE], delete, create"
)
@click.option(
    "--timeout", default="30s", show_default=True, metavar="duration", help="0s = look once; negative = a week"
)
@selection_flags
@flag("--all", "everything", help="all objects of the kind")
@refused_flags("wait")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Look until it is so, or until the time is over."""
    from pxhelm.actions.inspect import Query, kinds_of
    from pxhelm.app import open_services
    from pxhelm.cli.listing import either, pairs_of
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import seconds

    wish = options["wish"]
    test = _test(wish)
    named = either(session, arguments, options["files"])
    if not named:
        raise PxhelmError("no resource is named", code=ExitCode.USAGE, hint="give names, -l SELECTOR or --all")
    pairs = pairs_of(named, "wait")
    chosen = options["selector"] or options["field_selector"] or options["everything"]
    if not all(names for _, names in pairs) and not chosen:
        raise PxhelmError("no resource is named", code=ExitCode.USAGE, hint="give names, -l SELECTOR or --all")
    queries = [Query(kinds_of(kind), names, options["all_namespaces"]) for kind, names in pairs]
    text = options["timeout"]
    limit = 7 * 86400.0 if text.startswith("-") else seconds(text)
    with showing() as listen, open_services(session.flags, listen) as services:
        began, met = services.elapsed(), set[str]()
        while True:
            waiting = _look(services, queries, options, (test, met))
            if not waiting:
                return ExitCode.OK
            if services.elapsed() - began + _EVERY > limit:
                break
            services.sleep(_EVERY)
    for name in waiting:
        click.echo(f"Error: timed out waiting for the condition on {name}", err=True)
    return ExitCode.FAILED


def _look(
    services: Services, queries: list[Query], options: dict[str, Any], asked: tuple[Test | None, set[str]]
) -> list[str]:
    """Look once, tell what is met now, and return what is not."""
    from pxhelm.actions.inspect import NotFoundError, find_each
    from pxhelm.cli.listing import selected
    from pxhelm.cli.views.objects import short_name

    test, met = asked
    missing: list[NotFoundError] = []
    groups = find_each(services, queries, missing)
    found = [
        one
        for query, group in zip(queries, groups, strict=True)
        for one in selected(services, group, query.kinds, options)
    ]
    names = {f"{short_name(one.kind)}/{one.name}": one for one in found}
    wish = options["wish"]
    if wish == "delete":
        _tell_gone(met, names)
        return list(names)
    absent = [error.message for error in missing]
    if wish == "create":
        waiting = absent or ([] if found else ["the selector"])
    elif missing:
        raise missing[0]
    elif not found:
        raise PxhelmError("no matching resources found")
    else:
        waiting = [name for name, one in names.items() if not (test and test(services, one))]
    for name in names:
        if name not in waiting and name not in met:
            met.add(name)
            click.echo(f"{name} condition met")
    return waiting


def _tell_gone(met: set[str], names: Mapping[str, Found]) -> None:
    for name in sorted(met - set(names)):
        click.echo(f"{name} condition met")
    met.clear()
    met.update(names)


def _test(wish: str) -> Test | None:
    """Return the test that ``--for`` stands for; None for delete and create. PxhelmError in kubectl's words."""
    if wish in ("delete", "create"):
        return None
    kind, equals, rest = wish.partition("=")
    if kind == "condition" and equals and rest:
        name, _, value = rest.partition("=")
        return _condition(name, value or "true")
    if kind == "jsonpath" and equals and rest:
        from pxhelm.cli.conditions import looked_at
        from pxhelm.cli.views.closer import CLOSE
        from pxhelm.cli.views.objects import document

        holds = path_test(rest)
        if not any(part in rest for part in CLOSE):
            return lambda _services, one: holds(document(one))
        return lambda services, one: holds(document(looked_at(services, one)))
    if not wish:
        raise PxhelmError("--for is needed", code=ExitCode.USAGE, hint="such as --for=condition=Ready or --for=delete")
    raise PxhelmError(
        f'unrecognized condition: "{wish}"', code=ExitCode.USAGE, hint="condition=, jsonpath=, delete, create"
    )


def _condition(name: str, value: str) -> Test:
    from pxhelm.cli.conditions import condition_named

    tell = condition_named(name)
    return lambda services, one: tell(services, one).lower() == value.lower()


def path_test(text: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether a document holds what ``PATH[=VALUE]`` asks for; PxhelmError (USAGE) in kubectl's words."""
    from pxhelm.golang.fmt import value_text
    from pxhelm.golang.jsonpath import JsonPath, JsonPathError, relaxed

    path, equals, value = text, "", ""
    if text.startswith("{") and "}" in text:
        end = text.rfind("}") + 1
        path, equals, value = text[:end], text[end : end + 1], text[end + 1 :]
    else:
        path, equals, value = text.partition("=")
    value = value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
    try:
        read = JsonPath(relaxed(path))
    except JsonPathError as error:
        raise PxhelmError(f"cannot wait for {text}: {error}", code=ExitCode.USAGE) from None
    if equals and not value and not text.endswith(("''", '""')):
        raise PxhelmError(
            f"jsonpath wait value cannot be empty: {text}", code=ExitCode.USAGE, hint="write =\"''\" for nothing"
        )

    def test(document: Mapping[str, Any]) -> bool:
        found = [one for one in read.first(document) if one is not None]
        return any(value_text(one) == value for one in found) if equals else bool(found)

    return test
