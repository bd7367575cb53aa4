"""Commands that read their flags as Helm does, on top of click.

A flag with an optional value takes it only after ``=`` (``--dry-run=server``), a boolean may be given one
(``--wait=false``), lists split at commas, and global flags may stand before or after the command.
Never knows what a command does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from pxhelm.cli import HELM
from pxhelm.cli.colour import wanted
from pxhelm.errors import ExitCode, PxhelmError


class OptionalValue(click.Option):
    """A flag whose value may be left out; a value follows only after ``=`` (pflag's NoOptDefVal)."""

    def __init__(self, *args: Any, bare: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bare = bare


def comma_list(_ctx: click.Context, _param: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """Split every value at commas, as pflag's string slices do."""
    return tuple(part for value in values for part in value.split(","))


@dataclass(slots=True)
class Session:
    """What the flags before and after the command say about where it works."""

    flags: dict[str, Any] = field(default_factory=dict)
    command: str = ""

    def take(self, options: dict[str, Any]) -> None:
        """Move the global flags out of a command's options; given ones win over earlier ones."""
        for name, meant in GLOBAL_NAMES.items():
            value = options.pop(name, None)
            if value not in (None, False, ()):
                self.flags[meant or name] = value


def completer(what: str) -> Callable[[click.Context, click.Parameter, str], Any]:
    """Return the completer of an argument or flag; its module is imported only when the shell asks."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> Any:
        from pxhelm.cli import completion

        return getattr(completion, f"complete_{what}")(ctx, param, incomplete)

    return complete


def _global_options() -> list[click.Option]:
    return [
        click.Option(
            ["--context"], help="cluster to work on (a name from `pxhelm config`)", shell_complete=completer("context")
        ),
        click.Option(
            ["-n", "--namespace"], help="namespace scope for this request", shell_complete=completer("namespace")
        ),
        click.Option(["--config"], metavar="FILE", help="configuration file"),
        click.Option(["--endpoint"], metavar="URL", help="address of a Proxmox node, instead of the context's"),
        click.Option(["--fingerprint"], metavar="SHA256", help="certificate fingerprint to trust"),
        click.Option(["--api-token"], metavar="USER@REALM!ID=SECRET", help="token to sign in with"),
        click.Option(["--pve-ca-file"], metavar="FILE", help="certificate authority of the cluster"),
        click.Option(["--pve-tls-server-name"], metavar="NAME", help="name that the certificate must have"),
        click.Option(["--pve-insecure-skip-tls-verify"], is_flag=True, help="trust any certificate"),
        click.Option(
            ["--burst-limit"], type=click.IntRange(1), metavar="int", help="requests to the cluster at once (24)"
        ),
        click.Option(
            ["--qps"],
            type=click.FloatRange(0),
            metavar="float32",
            help="requests to the cluster in a second (no limit)",
        ),
        click.Option(["--registry-config"], metavar="FILE", help="credentials of registries"),
        click.Option(["--repository-config"], metavar="FILE", help="names and addresses of chart repositories"),
        click.Option(["--repository-cache"], metavar="DIR", help="cached indexes of chart repositories"),
        click.Option(["--timeout-connect"], type=float, hidden=True),
        *(click.Option([f"--{name}"], hidden=True) for name in _HELMS if "skip" not in name),
        *(click.Option([f"--{name}"], is_flag=True, hidden=True) for name in _HELMS if "skip" in name),
        click.Option(
            ["--color", "--colour"],
            type=click.Choice(("never", "auto", "always")),
            help="colour plans and states of releases (auto: on a terminal)",
        ),
        click.Option(["--debug"], is_flag=True, help="enable verbose output"),
    ]


_HELMS = {
    "kube-context": "context",
    "kubeconfig": "config",
    "kube-apiserver": "endpoint",
    "kube-token": "api_token",
    "kube-ca-file": "pve_ca_file",
    "kube-tls-server-name": "pve_tls_server_name",
    "kube-insecure-skip-tls-verify": "pve_insecure_skip_tls_verify",
}
"""Helm's names of global flags, for scripts that have them, and ours."""
GLOBAL_NAMES = {
    **dict.fromkeys(("context", "namespace", "config", "endpoint", "fingerprint", "api_token", "timeout_connect")),
    **dict.fromkeys(("pve_ca_file", "pve_tls_server_name", "pve_insecure_skip_tls_verify", "burst_limit", "qps")),
    **dict.fromkeys(("registry_config", "repository_config", "repository_cache", "color", "debug")),
    **{name.replace("-", "_"): ours for name, ours in _HELMS.items()},
}
"""Parameters that every command has, with the one that each stands for if that is another."""


class Command(click.Command):
    """A command with the global flags, Helm's usage line and Helm's way of reading values."""

    def __init__(self, *args: Any, usage: str = "", arguments: tuple[int, int | None] = (0, 0), **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        super().__init__(*args, **kwargs)
        self.usage_tail = usage
        self.bounds = arguments
        complete = completer("argument")
        self.params.append(click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED, shell_complete=complete))
        self.own = len(self.params)
        taken = {name for param in self.params for name in param.opts}
        self.params.extend(each for each in _global_options() if not taken.intersection(each.opts))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Rewrite pflag spellings to click's, parse, and check the number of arguments."""
        rest = super().parse_args(ctx, list(_respell(args, self.params)))
        self._check_count(ctx)
        return rest

    def _check_count(self, ctx: click.Context) -> None:
        if ctx.resilient_parsing:
            return
        given, (low, high) = len(ctx.params.get("arguments") or ()), self.bounds
        if low <= given and (high is None or given <= high):
            return
        if high is None or (given < low and low != high):
            wants = f"requires at least {_counted(low)}"
        elif low == high:
            wants = f"requires {_counted(low)}" if low else "accepts no arguments"
        else:
            wants = f"accepts at most {_counted(high)}"
        path = ctx.command_path
        usage = " ".join(filter(None, (path, self.usage_tail, "[flags]")))
        raise ArgumentsError(f'"{path}" {wants}\n\nUsage:  {usage}')

    def invoke(self, ctx: click.Context) -> Any:
        """Give the session the global flags, then call the command with it, its arguments and its options."""
        session = ctx.ensure_object(Session)
        session.take(ctx.params)
        session.command = ctx.command_path.split(" ", 1)[-1]
        ctx.color = wanted(session.flags.get("color"))
        assert self.callback is not None
        return ctx.invoke(self.callback, session, **ctx.params)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line as Helm writes it."""
        path = " ".join(filter(None, (ctx.command_path, self.usage_tail, "[flags]")))
        formatter.write(f"Usage:\n  {path}\n")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's flags, then the global ones."""
        sections = (
            ("Flags", [*self.params[: self.own], self.get_help_option(ctx)]),
            ("Global Flags", self.params[self.own :]),
        )
        for title, params in sections:
            rows = [row for p in params if isinstance(p, click.Option) and (row := p.get_help_record(ctx)) is not None]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def _counted(number: int) -> str:
    return f"{number} {'argument' if number == 1 else 'arguments'}"


class ArgumentsError(PxhelmError):
    """Too few or too many arguments, in Helm's words."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code=ExitCode.USAGE)


_SHORT = {"ls": "list", "up": "update", "rm": "remove"}
"""Helm's short names of subcommands."""


class Group(click.Group):
    """A command with subcommands; without one it prints its help and succeeds, as Helm's groups do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        kwargs.setdefault("invoke_without_command", True)
        super().__init__(*args, **kwargs)
        self.command_class = Command
        self.params.extend(_global_options())

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line as Helm writes it."""
        formatter.write(f"Usage:\n  {ctx.command_path} [command]\n")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the subcommands with the first sentence of each, whole."""
        rows = [(name, found) for name in self.list_commands(ctx) if (found := self.get_command(ctx, name))]
        shown = [(name, found.get_short_help_str(1000)) for name, found in rows if not found.hidden]
        if shown:
            with formatter.section("Commands"):
                formatter.write_dl(shown)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a subcommand by its name or by Helm's short one."""
        return super().get_command(ctx, cmd_name) or super().get_command(ctx, _SHORT.get(cmd_name, ""))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand, or fail with Helm's words and a suggestion."""
        if self.get_command(ctx, args[0]) is None:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx), 3, 0.6)
            suggestion = "\n\nDid you mean this?\n\t" + "\n\t".join(near) + "\n" if near else ""
            path = ctx.command_path
            if ctx.info_name in HELM:
                # Helm's groups answer with their help and succeed.
                click.echo(ctx.get_help())
                told = f"did you mean `{path} {near[0]}`?" if near else f'`{path}` has no command "{args[0]}"'
                click.echo(f"hint: {told}", err=True)
                ctx.exit()
            raise PxhelmError(
                f'unknown command "{args[0]}" for "{path}"{suggestion}\nRun \'{path} --help\' for usage.',
                code=ExitCode.USAGE,
            )
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Keep global flags that stand before the subcommand, and go on."""
        ctx.ensure_object(Session).take(ctx.params)
        if not ctx._protected_args and not ctx.args:  # noqa: SLF001 - click offers no public way to see the rest
            click.echo(ctx.get_help())
            return None
        self.callback = None
        return super().invoke(ctx)


def _respell(args: list[str], params: Sequence[click.Parameter]) -> list[str]:
    bare: dict[str, str] = {}
    flags: set[str] = set()
    short: set[str] = set()
    for param in params:
        if isinstance(param, OptionalValue):
            bare.update(dict.fromkeys(param.opts, param.bare))
        elif isinstance(param, click.Option) and param.is_flag:
            flags.update(param.opts)
        elif isinstance(param, click.Option):
            short.update(o for o in param.opts if len(o) == 2)
    out: list[str] = []
    for number, arg in enumerate(args):
        if arg == "--":
            return out + args[number:]
        name, equals, value = arg.partition("=")
        if arg in bare:
            out.append(f"{arg}={bare[arg]}")
        elif equals and name in flags:
            if value not in _BOOLEANS:
                raise PxhelmError(
                    f'invalid argument "{value}" for "{name}" flag: strconv.ParseBool: parsing "{value}": invalid syntax',
                    code=ExitCode.USAGE,
                )
            if _BOOLEANS[value]:
                out.append(name)
        elif equals and name in short:
            out += [name, value]  # -o=json
        else:
            out.append(arg)
    return out


_BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}


def command(
    name: str, usage: str = "", arguments: tuple[int, int | None] = (0, 0), **kwargs: Any
) -> Callable[[Callable[..., Any]], Command]:
    """Declare a command: its name, its usage after the name, and how many arguments it takes."""

    def declare(function: Callable[..., Any]) -> Command:
        made = click.command(name, cls=Command, usage=usage, arguments=arguments, **kwargs)(function)
        assert isinstance(made, Command)
        return made

    return declare
