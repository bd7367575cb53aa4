"""Flags that several commands share, as decorators: values, chart location, releases, output, selectors.

Declares them once; what they mean is the action's business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from pxhelm.cli.command import OptionalValue, comma_list, completer
from pxhelm.errors import ExitCode, PxhelmError

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def all_of(*decorators: Decorator) -> Decorator:
    """Combine option decorators; the first listed comes first in the help."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for one in reversed(decorators):
            function = one(function)
        return function

    return decorate


def flag(*names: str, help: str, **kwargs: Any) -> Decorator:  # noqa: A002 - click's word
    """Declare a boolean flag."""
    return click.option(*names, is_flag=True, help=help, **kwargs)


def texts(*names: str, help: str, commas: bool = False, metavar: str = "stringArray") -> Decorator:  # noqa: A002 - click's
    """Declare a flag that may be given several times; ``commas`` splits each value at commas too."""
    return click.option(*names, multiple=True, metavar=metavar, help=help, callback=comma_list if commas else None)


def executable(_ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Refuse a program that cannot be run before anything is done, in Helm's words."""
    import shutil
    from pathlib import Path

    if not value or shutil.which(value):
        return value
    reason = "executable file not found in $PATH"
    if "/" in value:
        reason = "permission denied" if Path(value).exists() else f"stat {value}: no such file or directory"
        reason = "is a directory" if Path(value).is_dir() else reason
    raise PxhelmError(
        f'invalid argument "{value}" for "{param.opts[0]}" flag: unable to find binary at {value}: '
        f'exec: "{value}": {reason}',
        code=ExitCode.USAGE,
    )


def server_side(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Take Helm v4's flag, and say that there is nothing behind it."""
    if value not in ("", "true", "false", "auto"):
        raise PxhelmError(
            f'invalid argument "{value}" for "--server-side" flag: must be true, false or auto', code=ExitCode.USAGE
        )
    if value:
        click.echo("note: --server-side has no effect: Proxmox VE knows no server-side apply", err=True)
    return value


def pairs(_ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Read ``k=v`` pairs, as pflag's stringToString does."""
    return read_pairs(values, ", ".join(param.opts))


def read_pairs(values: Sequence[str], flags: str) -> dict[str, str]:
    """Read ``k=v`` pairs; ``flags`` are the names of the flag, for what is wrong."""
    found: dict[str, str] = {}
    if not values:
        return found
    import csv

    for text in values:
        several = next(csv.reader([text])) if text.count("=") > 1 else [text.strip('"')]
        for pair in several:
            key, equals, value = pair.partition("=")
            if not equals:
                raise PxhelmError(
                    f'invalid argument "{text}" for "{flags}" flag: {pair} must be formatted as key=value',
                    code=ExitCode.USAGE,
                )
            found[key] = value
    return found


set_flags = all_of(
    texts("--set", help="set values on the command line (key1=val1,key2=val2)"),
    texts("--set-string", help="set STRING values on the command line"),
    texts("--set-json", help="set JSON values on the command line (key1=jsonval1)"),
    texts("--set-file", help="set values from files or URLs (key1=path1)"),
    texts("--set-literal", help="set a literal STRING value on the command line"),
)

values_flags = all_of(
    texts(
        "-f",
        "--values",
        commas=True,
        metavar="strings",
        help="specify values in a YAML file, behind a URL, or - for standard input",
    ),
    set_flags,
)

strict_values_flag = flag("--strict-values", help="fail when a value is given that no template reads")

access_flags = all_of(
    click.option("--username", default="", metavar="string", help="chart repository username"),
    click.option("--password", default="", metavar="string", help="chart repository password"),
    click.option("--ca-file", default="", metavar="FILE", help="verify certificates with this CA bundle"),
    click.option("--cert-file", default="", metavar="FILE", help="identify with this certificate"),
    click.option("--key-file", default="", metavar="FILE", help="key of the certificate"),
    flag("--insecure-skip-tls-verify", "insecure", help="skip tls certificate checks"),
    flag("--plain-http", help="use insecure HTTP connections"),
)

verify_flags = all_of(
    flag("--verify", help="verify the package before using it"),
    click.option("--keyring", default="", metavar="FILE", help="keyring of the public keys (~/.gnupg/pubring.gpg)"),
)

chart_flags = all_of(
    click.option("--version", "chart_version", metavar="string", help="version constraint for the chart to use"),
    flag("--devel", help="use development versions, too"),
    click.option("--repo", default="", metavar="URL", help="chart repository url where to locate the chart"),
    flag("--pass-credentials", help="pass credentials to all domains"),
    access_flags,
    verify_flags,
)

render_flags = all_of(
    click.option("--description", metavar="string", help="add a custom description"),
    flag("--skip-schema-validation", help="disable JSON schema validation"),
    flag("--disable-openapi-validation", help="do not check manifests against the schemas of their kinds"),
    flag("--render-subchart-notes", help="render subchart notes along with the parent"),
    flag("--skip-crds", help="if set, no CRDs will be installed"),
    flag("--no-hooks", help="do not run hooks"),
    click.option(
        "-l",
        "--labels",
        multiple=True,
        metavar="stringToString",
        callback=pairs,
        help="labels added to the release metadata (k=v,k=v)",
    ),
    flag("--enable-dns", help="enable DNS lookups when rendering templates"),
    flag("--dependency-update", help="update dependencies if they are missing"),
)


def duration(default: str) -> Decorator:
    """Declare ``--timeout`` in Go's notation, such as ``5m0s``."""

    def check(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
        if value != default:
            from pxhelm.cli.release_flags import seconds

            seconds(value)
        return value

    return click.option(
        "--timeout",
        callback=check,
        default=default,
        show_default=True,
        metavar="duration",
        help="time to wait for any individual operation",
    )


post_renderer_flags = all_of(
    click.option(
        "--post-renderer",
        default="",
        metavar="PROGRAM",
        callback=executable,
        help="executable that the manifests are piped through; hooks are not",
    ),
    texts("--post-renderer-args", help="argument of the post-renderer"),
)


def strategy(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Refuse what is neither true nor false nor a strategy of Helm v4."""
    if value not in ("true", "false"):
        from pxhelm.cli.release_flags import truth

        truth(value, "wait")
    return value


wait_flag = click.option(
    "--wait",
    callback=strategy,
    cls=OptionalValue,
    bare="true",
    default="false",
    metavar="bool",
    help="wait until all objects are ready before marking the release as successful",
)

force_conflicts_flag = flag("--force-conflicts", help="take over fields that another manager owns")

dry_run_flag = click.option(
    "--dry-run",
    cls=OptionalValue,
    bare="client",
    default="none",
    metavar="string",
    help="simulate: client, or server (reads the cluster, writes nothing)",
)

server_side_flag = click.option(
    "--server-side", cls=OptionalValue, bare="true", default="", hidden=True, callback=server_side
)
"""Helm v4's: Proxmox VE knows no server-side apply."""

execution_flags = all_of(
    dry_run_flag,
    wait_flag,
    flag("--wait-for-jobs", help="with --wait, also wait until all Jobs have been completed"),
    duration("5m0s"),
    flag("--atomic", "--rollback-on-failure", "atomic", help="undo what was done when it fails; implies --wait"),
    flag("--force", "--force-replace", "force", help="replace objects that cannot be changed in place"),
    force_conflicts_flag,
    flag("--take-ownership", help="adopt objects that exist already"),
    flag("--create-namespace", help="accepted for Helm's sake: namespaces need no creation"),
    server_side_flag,
)


def output_flag(*formats: str, default: str = "table") -> Decorator:
    """Declare ``-o``; a format that is not listed fails with Helm's words."""

    def check(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
        if value not in formats and value.split("=", maxsplit=1)[0] + "=" not in formats:
            raise PxhelmError(
                f'invalid argument "{value}" for "-o, --output" flag: invalid format type',
                code=ExitCode.USAGE,
                hint=f"formats: {', '.join(f.removesuffix('=') for f in formats)}",
            )
        return value

    shown = ", ".join(formats)
    return click.option(
        "-o", "--output", default=default, metavar="format", callback=check, help=f"output format: {shown}"
    )


print_flags = all_of(
    click.option(
        "-o",
        "--output",
        default="",
        metavar="format",
        shell_complete=completer("output"),
        help="json, yaml, name, wide, jsonpath=…, jsonpath-as-json=…, custom-columns=…, go-template=…, and with -file a"
        " file's: jsonpath-file, custom-columns-file, go-template-file",
    ),
    click.option(
        "--template", default="", metavar="string", help="template of -o go-template or jsonpath, or of get all RELEASE"
    ),
    flag("--no-headers", help="do not print headers"),
)
"""kubectl's ``-o``; read by ``views.printer.parse_output``."""

text_or_document = output_flag("text", "json", "yaml", default="text")
"""``-o`` of commands that print texts of Helm's, and documents for programs."""


def version_of_pve(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Refuse what is no version, or one of a major release whose API is not known here."""
    from pxhelm.proxmox.schema import versions

    known = versions()
    if not value or value.partition(".")[0] in [each.partition(".")[0] for each in known]:
        return value
    raise PxhelmError(
        f'invalid argument "{value}" for "--pve" flag: no version of Proxmox VE whose API is known',
        code=ExitCode.USAGE,
        hint=f"known: {', '.join(known)}; any other of these major releases is taken for the one that is known",
    )


pve_version = click.option(
    "--pve",
    default="",
    metavar="version",
    callback=version_of_pve,
    help="fail on what this version of Proxmox VE does not have, such as 8.4",
)

all_namespaces_flag = flag("-A", "--all-namespaces", help="objects of every namespace")

selection_flags = all_of(
    click.option("-l", "--selector", default="", metavar="string", help="label query (k=v, k!=v, k in (a,b), k, !k)"),
    click.option(
        "--field-selector",
        default="",
        metavar="string",
        help="field query (metadata.name=x, status.power!=running)",
        shell_complete=completer("field"),
    ),
    all_namespaces_flag,
)


def folders(ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Mark folders that are read with all that is below them, as ``app.reading`` knows them."""
    from pathlib import Path

    return tuple(f"{name}/**" if ctx.params.get("recursive") and Path(name).is_dir() else name for name in values)


recursive_flag = flag("-R", "--recursive", is_eager=True, help="read the subfolders of folders, too")

files_flag = all_of(
    click.option(
        "-f",
        "--filename",
        "files",
        multiple=True,
        metavar="FILE|DIR|-",
        callback=folders,
        help="manifests to read; may be given several times",
    ),
    recursive_flag,
)

yes_flag = flag("-y", "--yes", help="do not ask for confirmation")
