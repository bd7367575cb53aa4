"""``pxhelm edit``: an object's manifest in your editor, applied when you leave it."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import colour
from pxhelm.cli import command as cli
from pxhelm.cli.kubectl import dry_run_flag, refused_flags
from pxhelm.cli.options import files_flag, output_flag, yes_flag
from pxhelm.errors import ExitCode, PxhelmError, StageError, system_says

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found
    from pxhelm.actions.services import Services
    from pxhelm.resource.model import Resource

HELP = """Edit an object's manifest, as it was applied last, in your editor, and apply what you saved.

\b
  pxhelm edit vm web
  pxhelm edit vm/web --dry-run
  pxhelm edit -f web.yaml          the object that a manifest names, not the file

The editor is PXHELM_EDITOR, VISUAL or EDITOR, else vi. What cannot be applied opens again with the mistakes on top; an
unchanged or empty file changes nothing. When applying fails your text is kept in a file that is named.
"""
_MARK = "# "
_END = "# ----------------------------------------------------------------\n"
_HEAD = (
    "Please edit the manifest below. Lines that begin with '#' at the top are left out;",
    "an empty file, or an unchanged one, cancels. What you save is applied.",
)


@cli.command("edit", usage="KIND NAME | KIND/NAME | -f FILE", arguments=(0, 2), help=HELP)
@files_flag
@dry_run_flag("show the plan; change nothing")
@yes_flag
@output_flag("text", "json", "yaml", default="text")
@refused_flags("edit")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Edit and apply."""
    from pxhelm.actions.metadata import manifest_text
    from pxhelm.app import open_services
    from pxhelm.cli.listing import either
    from pxhelm.cli.progress import showing

    named = either(session, arguments, options["files"])
    if len(named) != 1 and options["files"]:
        raise PxhelmError(
            f"the manifests name {len(named)} objects", code=ExitCode.USAGE, hint="edit one after the other"
        )
    if not named:
        raise PxhelmError("you must say what to edit", code=ExitCode.USAGE, hint="pxhelm edit KIND NAME")
    with showing() as listen, open_services(session.flags, listen) as services:
        found = _object(services, named)
        text = manifest_text(found)
        edited, resource = _edited(services, found, text)
        if resource is None:
            click.echo(edited)
            return ExitCode.OK
        try:
            return _apply(services, found, resource, options)
        except PxhelmError:
            _keep(edited)
            raise


def _object(services: Services, arguments: tuple[str, ...]) -> Found:
    from pxhelm.actions.inspect import find_one, kinds_of
    from pxhelm.cli.listing import pairs_of

    ((kind, names),) = pairs_of(arguments, "edit")
    if not names:
        from pxhelm.actions.inspect import Query, find
        from pxhelm.cli.choice import choose

        listed = [one for one in find(services, Query(kinds_of(kind))) if one.stored]
        return listed[choose(kind, [one.name for one in listed], several=False)[0]]
    return find_one(services, kinds_of(kind), names[0])


def _edited(services: Services, found: Found, text: str) -> tuple[str, Resource | None]:
    """Return the text and the resource that was made of it; no resource, and what to say, when nothing shall change."""
    notes: Sequence[str] = ()
    before, shown = text, text
    while True:
        saved = _open(shown, notes, f"{found.kind.lower()}-{found.name}-")
        if not saved.strip():
            return "Edit cancelled, saved file was empty.", None
        if saved.rstrip() == text.rstrip():
            return "Edit cancelled, no changes made.", None
        try:
            return saved, _parsed(services, found, saved)
        except PxhelmError as error:
            notes = _mistakes(error)
            if saved == before:
                _keep(saved)
                raise
        before = shown = saved


def _parsed(services: Services, found: Found, text: str) -> Resource:
    from pxhelm.actions.inspect import key_of
    from pxhelm.actions.objects import parse_text

    resources = parse_text(services, text, "the edited manifest")
    if len(resources) != 1 or resources[0].key != key_of(found):
        raise PxhelmError(
            f"kind, name and namespace must stay {key_of(found).address}",
            code=ExitCode.USAGE,
            hint="a new object is made with `pxhelm apply -f`",
        )
    return resources[0]


def _mistakes(error: PxhelmError) -> list[str]:
    errors = error.errors if isinstance(error, StageError) else (error,)
    lines = []
    for one in errors:
        lines.append(f"{one.where}: {one.message}" if one.where else one.message)
        lines += [f"  {line}" for line in one.hint.splitlines()]
    return lines


def _open(text: str, notes: Sequence[str], prefix: str) -> str:
    """Open an editor on a text and return what was saved, without the comment on top."""
    head = [*_HEAD, *(["", "Not yet right:", *notes] if notes else [])]
    top = "".join(f"{_MARK}{line}".rstrip() + "\n" for line in head) + _END
    descriptor, name = tempfile.mkstemp(".yaml", f"pxhelm-edit-{prefix}")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write(top + text)
        _edit(path)
        saved = path.read_text(encoding="utf-8", errors="surrogateescape")
    finally:
        path.unlink(missing_ok=True)
    return _without_top(saved)


def _without_top(text: str) -> str:
    """Return what stands below the comment that was put on top; the manifest's own comments stay."""
    head, end, below = text.partition(_END)
    if end and all(line.startswith("#") for line in head.splitlines()):
        return below
    return text


def _edit(path: Path) -> None:
    names = ("PXHELM_EDITOR", "VISUAL", "EDITOR")
    editor = next((os.environ[name] for name in names if os.environ.get(name)), "vi")
    try:
        done = subprocess.run([*shlex.split(editor), str(path)], check=False)  # noqa: S603 - the user's own editor
    except OSError as error:
        raise PxhelmError(f"cannot start the editor {editor}: {system_says(error)}", hint="set EDITOR") from None
    if done.returncode:
        raise PxhelmError(f"the editor {editor} ended with {done.returncode}: nothing was done")


def _keep(text: str) -> None:
    descriptor, name = tempfile.mkstemp(".yaml", "pxhelm-edit-")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as stream:
        stream.write(text)
    click.echo(f"A copy of your changes has been stored to {name}", err=True)


def _apply(services: Services, found: Found, resource: Resource, options: dict[str, Any]) -> int:
    from pxhelm.actions.objects import MANAGER, carry_out, plan_resources
    from pxhelm.apply.planning import PlanRequest
    from pxhelm.cli.planning import confirm_destruction, show_result
    from pxhelm.cli.views.plan import plan_text

    assert found.stored is not None
    owned = services.store.objects.owned(found.stored.uid)
    managers = [leaf.manager for leaf in owned]
    manager = max(set(managers), key=managers.count) if managers else MANAGER
    planned = plan_resources(services, (resource,), PlanRequest(manager=manager, release=found.stored.release))
    if options["dry_run"]:
        click.echo(colour.plan(plan_text(planned.plan)), nl=False)
        return ExitCode.REFUSED if planned.plan.blocked else ExitCode.OK
    confirm_destruction(planned, yes=options["yes"])
    result = carry_out(services, planned)
    status = show_result(result, options["output"])
    if result.failed:
        _keep(resource.text)
    return status
