"""``pxhelm template``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import (
    all_of,
    chart_flags,
    execution_flags,
    flag,
    post_renderer_flags,
    render_flags,
    strict_values_flag,
    text_or_document,
    texts,
    values_flags,
)
from pxhelm.cli.sources import located, raw

if TYPE_CHECKING:
    from pxhelm.actions.template import Templated
    from pxhelm.render.output import Show

HELP = """Locally render a chart and print the manifests. The cluster is not asked, so `lookup` finds nothing."""


@cli.command("template", usage="[NAME] [CHART]", arguments=(1, None), help=HELP)
@all_of(values_flags, chart_flags, render_flags, execution_flags, post_renderer_flags)
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
@flag("--replace", help="accepted for Helm's sake: nothing is installed")
@flag("--hide-notes", help="accepted for Helm's sake: notes are not shown")
@strict_values_flag
@flag("--trace", help="tell on standard error which templates ran, what they included, and how long each took")
@text_or_document
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Render and print."""
    from pxhelm.actions.inputs import dry_run
    from pxhelm.actions.template import TemplateRequest, template
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import name_and_chart, post_renderer, value_flags
    from pxhelm.render.model import RenderError
    from pxhelm.render.output import Show, debug_text

    # Helm's template never makes a name up: --generate-name means the usual one.
    named = len(arguments) > 1 or options["name_template"]
    name, chart = name_and_chart(arguments, options) if named else ("release-name", arguments[0])
    show = Show(
        include_crds=options["include_crds"],
        hooks=not options["no_hooks"],
        skip_tests=options["skip_tests"],
        only=tuple(options["show_only"]),
    )
    with showing() as listen, open_services(session.flags, listen) as services:
        request = TemplateRequest(
            chart=located(services, chart, options),
            release=name,
            namespace=services.settings.namespace or "default",
            values=value_flags(options),
            is_upgrade=options["is_upgrade"],
            kube_version=options["kube_version"],
            api_versions=tuple(options["api_versions"]),
            skip_schema=options["skip_schema_validation"],
            sub_notes=options["render_subchart_notes"],
            enable_dns=options["enable_dns"],
            post_renderer=post_renderer(options),
            debug=bool(session.flags.get("debug")),
            validate=options["validate"] or dry_run(options["dry_run"]) == "server",
            strict_values=options["strict_values"],
            trace=options["trace"],
        )
        try:
            done = template(services, request)
        except RenderError as error:
            if request.debug:
                raw(debug_text(error.files, show).encode("utf-8", "surrogateescape"))
            raise
        if done.trace:
            from pxhelm.cli.views.trace import trace_text

            click.echo(trace_text(done.trace), err=True, nl=False)
        if options["output_dir"]:
            _write(done, show, options["output_dir"], name if options["release_name"] else "")
            text = done.text_beside_files(show)
        else:
            text = _shown(done.text(show), options["output"])
    raw(text.encode("utf-8", "surrogateescape"))


def _write(done: Templated, show: Show, folder: str, below: str) -> None:
    from pathlib import Path

    from pxhelm.files import write_files

    write_files(Path(folder), done.files(show, below))
    for path in done.written(show, below):
        click.echo(f"wrote {folder.rstrip('/')}/{path}")


def _shown(text: str, output: str) -> str:
    if output == "text":
        return text
    from pxhelm.cli.views.charts import manifests_document
    from pxhelm.cli.views.document import FORMATS

    return FORMATS[output](manifests_document(text))
