"""``pxhelm template``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.command import OptionalValue
from pxhelm.cli.options import (
    all_of,
    chart_flags,
    duration,
    flag,
    render_flags,
    strict_values_flag,
    texts,
    values_flags,
    wait_flag,
)
from pxhelm.cli.sources import chart_location, tell

HELP = """Locally render a chart and print the manifests. The cluster is not asked, so `lookup` finds nothing."""


@cli.command("template", usage="[NAME] [CHART]", arguments=(1, 2), help=HELP)
@all_of(values_flags, chart_flags, render_flags, wait_flag, duration("5m0s"))
@texts("-s", "--show-only", help="only show manifests rendered from the given templates")
@click.option(
    "--output-dir", default="", metavar="DIR", help="write the manifests to files in DIR instead of printing them"
)
@flag("--release-name", help="use the release name in the output-dir path")
@flag("--include-crds", help="include CRDs in the output")
@flag("--skip-tests", help="leave out tests")
@flag("--is-upgrade", help="set .Release.IsUpgrade instead of .Release.IsInstall")
@flag("--validate", help="also check the manifests against the schemas of their kinds")
@click.option("--kube-version", default="", metavar="string", help="Kubernetes version for Capabilities.KubeVersion")
@texts("-a", "--api-versions", commas=True, metavar="strings", help="versions for Capabilities.APIVersions")
@flag("-g", "--generate-name", help="generate the name (and omit the NAME parameter)")
@click.option("--name-template", metavar="string", help="template of the release's name")
@click.option("--dry-run", cls=OptionalValue, bare="client", default="none", hidden=True)
@click.option("--post-renderer", default="", metavar="PROGRAM", help="executable that the manifests are piped through")
@texts("--post-renderer-args", help="argument of the post-renderer")
@strict_values_flag
@flag("--trace", help="tell on standard error which templates ran, what they included, and how long each took")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Render and print."""
    from pxhelm.actions.inputs import dry_run
    from pxhelm.actions.template import TemplateRequest, template
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import name_and_chart, value_flags
    from pxhelm.render.output import Show

    dry_run(options["dry_run"])
    # Helm's template never makes a name up: --generate-name means the usual one.
    named = len(arguments) == 2 or options["name_template"]
    name, chart = name_and_chart(arguments, options) if named else ("release-name", arguments[0])
    show = Show(
        include_crds=options["include_crds"],
        hooks=not options["no_hooks"],
        skip_tests=options["skip_tests"],
        only=tuple(options["show_only"]),
    )
    with showing() as listen, open_services(session.flags, listen) as services:
        request = TemplateRequest(
            chart=_located(services, chart, options),
            release=name,
            namespace=services.settings.namespace or "default",
            values=value_flags(options),
            is_upgrade=options["is_upgrade"],
            kube_version=options["kube_version"],
            api_versions=tuple(options["api_versions"]),
            skip_schema=options["skip_schema_validation"],
            sub_notes=options["render_subchart_notes"],
            enable_dns=options["enable_dns"],
            show=show,
            validate=options["validate"],
            strict_values=options["strict_values"],
            trace=options["trace"],
        )
        done = template(services, request)
        if done.trace:
            from pxhelm.cli.views.trace import trace_text

            click.echo(trace_text(done.trace), err=True, nl=False)
        if options["output_dir"]:
            below = name if options["release_name"] else ""
            _write(done.files(show, below), options["output_dir"])
            for path in done.written(show, below):
                click.echo(f"wrote {options['output_dir'].rstrip('/')}/{path}")
            click.echo()
            return
        text = done.text
        if options["post_renderer"]:
            text = services.post_render(options["post_renderer"], tuple(options["post_renderer_args"]), text)
    click.echo(text.encode("utf-8", "surrogateescape"), nl=False)


def _located(services: Any, chart: str, options: dict[str, Any]) -> str:
    from pxhelm.actions.locate import locate

    path = locate(services, chart, chart_location(options), tell)
    if options["dependency_update"]:
        from pxhelm.actions.dependency import complete

        complete(services, path)
    return path


def _write(files: Any, folder: str) -> None:
    from pathlib import Path

    from pxhelm.files import write_files

    write_files(Path(folder), files)
