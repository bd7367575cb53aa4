"""``pxhelm import``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import flag, output_flag
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.importing import Import, ImportRequest

HELP = """Take what exists under management: print manifests whose plan is empty, and bind them to it.

\b
  pxhelm import vm/101                        one machine, by VMID or name
  pxhelm import vm/101 --as shop/web          under another namespace and name
  pxhelm import --pool shop --output-dir .    all guests of a pool, one file each
  pxhelm import --all --chart ./site          everything that is not managed, as a chart
  pxhelm import sto/nas pool/shop             storages, pools and others by their id

The only thing written to the cluster is a marker line at the end of a guest's notes; with --dry-run not even that. What
the manifests do not name stays untouched later on, too.
"""


@cli.command("import", usage="[KIND/NAME ...]", arguments=(0, None), help=HELP)
@click.option("--pool", default="", metavar="POOL", help="guests of this pool")
@click.option("--node", default="", metavar="NODE", help="guests on this node")
@click.option(
    "-l", "--selector", default="", metavar="string", help="label query (tag.pxhelm.io/web, pxhelm.io/pool=x)"
)
@flag("--all", "everything", help="all guests that are not managed")
@click.option("--as", "name", default="", metavar="[NAMESPACE/]NAME", help="name for the one object that is imported")
@click.option("--output-dir", default="", metavar="DIR", help="write one file per object instead of printing them")
@click.option("--chart", default="", metavar="DIR", help="write a chart instead of printing manifests")
@flag("--dry-run", help="print the manifests, bind and write nothing")
@output_flag("yaml", "json", default="yaml")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Choose, plan, take over, and write the manifests."""
    from dataclasses import replace

    from pxhelm.actions import importing
    from pxhelm.app import open_services
    from pxhelm.cli.planning import tell_failures
    from pxhelm.cli.progress import showing

    request = _request(arguments, options)
    flags, name = session.flags, options["name"]
    if "/" in name:
        namespace, _, name = name.partition("/")
        flags = {**flags, "namespace": namespace}
    if options["chart"] and options["output_dir"]:
        raise PxhelmError("give either --chart or --output-dir", code=ExitCode.USAGE)
    with showing() as listen, open_services(flags, listen) as services:
        wanted = importing.prepare(services, importing.choose(services, request), name)
        importing.told(services, wanted)
        _check_room(_files(wanted, options), options)
        code = ExitCode.OK
        if not options["dry_run"]:
            result = importing.carry_out(services, wanted)
            code = tell_failures(result)
            done = {o.key for o in result.objects if o.ok}
            wanted = replace(wanted, objects=tuple(one for one in wanted.objects if one.key in done))
    if wanted.objects:
        from pxhelm.files import write_files

        write_files(_folder(options), _files(wanted, options))
        _tell(wanted, options)
    return code


def _request(arguments: tuple[str, ...], options: dict[str, Any]) -> ImportRequest:
    from pxhelm.actions.importing import ImportRequest
    from pxhelm.cli.selectors import label_test

    narrowed = options["pool"] or options["node"] or options["selector"]
    if not arguments and not narrowed and not options["everything"]:
        raise PxhelmError(
            "cannot import: say what",
            code=ExitCode.USAGE,
            hint="pxhelm import vm/101, --pool POOL, -l SELECTOR or --all",
        )
    things = []
    for word in arguments:
        kind, slash, name = word.partition("/")
        if slash and not name:
            raise PxhelmError(f"cannot import {word}: a name is missing", code=ExitCode.USAGE)
        things.append((kind, f"vmid:{name}" if name.isdigit() else name))
    return ImportRequest(tuple(things), options["pool"], options["node"], label_test(options["selector"]))


def _folder(options: dict[str, Any]) -> str:
    return str(options["chart"] or options["output_dir"])


def _check_room(files: dict[str, bytes], options: dict[str, Any]) -> None:
    """Refuse to write over files, before anything is bound."""
    from pathlib import Path

    there = [name for name in files if (Path(_folder(options)) / name).exists()]
    if there:
        raise PxhelmError(
            f"cannot import: {Path(_folder(options)) / there[0]} exists",
            hint="name an empty folder; what is imported never replaces a file",
        )


def _files(wanted: Import, options: dict[str, Any]) -> dict[str, bytes]:
    from pathlib import Path

    from pxhelm.actions.importing import chart_of, file_of

    if options["chart"]:
        return dict(chart_of(Path(options["chart"]).resolve().name, wanted))
    if options["output_dir"]:
        return {file_of(one): one.text.encode() for one in wanted.objects}
    return {}


def _tell(wanted: Import, options: dict[str, Any]) -> None:
    count = f"{len(wanted.objects)} object{'s' if len(wanted.objects) != 1 else ''}"
    where = _folder(options)
    if where:
        done = "would be imported" if options["dry_run"] else "imported"
        click.echo(f"{count} {done}, written to {where}")
        if options["chart"]:
            click.echo(f"hint: pxhelm plan RELEASE {where} --take-ownership", err=True)
        return
    if options["output"] == "json":
        from pxhelm.cli.views.document import as_pretty_json
        from pxhelm.golang.yaml import load

        click.echo(as_pretty_json([load(one.text) for one in wanted.objects]), nl=False)
        return
    click.echo("---\n".join(one.text for one in wanted.objects), nl=False)
