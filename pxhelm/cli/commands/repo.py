"""``pxhelm repo``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.asking import secret
from pxhelm.cli.options import access_flags, duration, flag, output_flag, text_or_document
from pxhelm.cli.results import document, voice
from pxhelm.cli.sources import secret_line, source_date
from pxhelm.errors import PxhelmError
from pxhelm.golang.strconv import quote


@click.group("repo", cls=cli.Group, help="Add, list, remove, update, and index chart repositories.")
def command(**_options: Any) -> None:
    """Gather the subcommands."""


@cli.command("add", usage="[NAME] [URL]", arguments=(2, 2), help="add a chart repository")
@access_flags
@flag("--password-stdin", help="read chart repository password from stdin")
@flag("--force-update", help="replace (overwrite) the repo if it already exists")
@flag("--no-update", hidden=True, help="ignored")
@flag("--pass-credentials", help="pass credentials to all domains")
@flag("--allow-deprecated-repos", help="add repositories, too, that Helm's makers have taken down")
@duration("2m0s")
@text_or_document
def add(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Add a repository."""
    from pxhelm.actions.repo import AddRequest
    from pxhelm.actions.repo import add as add_repository
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import seconds
    from pxhelm.repo.index import Repository
    from pxhelm.secret import Secret

    password = options["password"]
    if options["username"] and not password:
        password = secret_line() if options["password_stdin"] else secret("Password", "--password-stdin")
    wanted = Repository(
        name=arguments[0],
        url=arguments[1],
        username=options["username"],
        password=Secret(password),
        cert_file=options["cert_file"],
        key_file=options["key_file"],
        ca_file=options["ca_file"],
        insecure=options["insecure"],
        pass_credentials=options["pass_credentials"],
    )
    request = AddRequest(
        wanted, options["force_update"], options["allow_deprecated_repos"], seconds(options["timeout"])
    )
    with showing() as listen, open_services(session.flags, listen) as services:
        added = add_repository(services, request)
    done = "has been added to your repositories" if added else "already exists with the same configuration, skipping"
    voice(options)(f"{quote(wanted.name)} {done}")
    document(options, {"name": wanted.name, "url": wanted.url, "added": added})


@cli.command("list", arguments=(0, 0), help="list chart repositories")
@output_flag("table", "json", "yaml")
@flag("--no-headers", help="suppress headers in the output")
def list_(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:  # noqa: ARG001 - takes none
    """List the repositories."""
    from pxhelm.actions.repo import known_repositories
    from pxhelm.app import open_services
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.cli.views.table import helm_table

    with open_services(session.flags) as services:
        known = known_repositories(services)
    if options["output"] in FORMATS:
        click.echo(FORMATS[options["output"]]([{"name": r.name, "url": r.url} for r in known]), nl=False)
    elif not known:
        raise PxhelmError("no repositories to show")
    else:
        header = () if options["no_headers"] else ("NAME", "URL")
        click.echo(helm_table(header, [(r.name, r.url) for r in known], width=80), nl=False)


@cli.command("remove", usage="[REPO1 [REPO2 ...]]", arguments=(1, None), help="remove one or more chart repositories")
@text_or_document
def remove(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Forget repositories."""
    from pxhelm.actions.repo import remove as remove_repository
    from pxhelm.app import open_services

    with open_services(session.flags) as services:
        remove_repository(services, arguments, voice(options))
    document(options, [{"name": name, "removed": True} for name in arguments])


@cli.command("update", usage="[REPO1 [REPO2 ...]]", arguments=(0, None), help="update information of available charts")
@flag("--fail-on-repo-update-fail", help="update fails if any of the repository updates fail")
@duration("2m0s")
@text_or_document
def update(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Fetch indexes anew."""
    from pxhelm.actions.repo import UpdateRequest, known_repositories
    from pxhelm.actions.repo import update as update_repositories
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import seconds

    request = UpdateRequest(arguments, seconds(options["timeout"]), options["fail_on_repo_update_fail"])
    with showing() as listen, open_services(session.flags, listen) as services:
        failed = update_repositories(services, request, voice(options))
        asked = [one for one in known_repositories(services) if not arguments or one.name in arguments]
    document(options, [{"name": one.name, "url": one.url, "updated": one.url not in failed} for one in asked])


@cli.command("index", usage="[DIR]", arguments=(1, 1), help="generate an index file given a directory of charts")
@click.option("--url", default="", metavar="string", help="url of chart repository")
@click.option("--merge", default="", metavar="FILE", help="merge the generated index into the given index")
@flag("--json", help="output in JSON format")
@text_or_document
def index(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Write index.yaml."""
    from pxhelm.actions.repo import IndexRequest, write_index
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing

    request = IndexRequest(arguments[0], options["url"], options["merge"], options["json"], source_date())
    with showing() as listen, open_services(session.flags, listen) as services:
        path = write_index(services, request)
    document(options, {"path": path})


for each in (add, index, list_, remove, update):
    command.add_command(each)
