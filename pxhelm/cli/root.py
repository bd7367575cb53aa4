"""The top of the command line: finds a command by name, runs it, and turns every failure into words and a status.

Never imports a command before it is asked for.
"""

from __future__ import annotations

import difflib
import errno
import importlib
import os
import sys
from typing import Any

import click

from pxhelm.cli import ALIASES, COMMANDS, HELM, VERSION
from pxhelm.cli.command import Group, Session
from pxhelm.errors import ExitCode, PxhelmError, system_says


class Root(Group):
    """The lazy group: the table names the modules."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import and return a command; None when there is none of this name."""
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"pxhelm.cli.commands.{COMMANDS[name][0]}")
        found: click.Command = module.command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """Write the table by section, importing nothing."""
        for section in dict.fromkeys(row[1] for row in COMMANDS.values()):
            with formatter.section(section):
                formatter.write_dl([(name, row[2]) for name, row in COMMANDS.items() if row[1] == section])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or fail with Helm's words and a suggestion."""
        name = args[0]
        found = self.get_command(ctx, name)
        if found is None:
            near = difflib.get_close_matches(name, [*COMMANDS, *ALIASES], 3, 0.7)
            suggestion = "\n\nDid you mean this?\n\t" + "\n\t".join(near) + "\n" if near else ""
            raise PxhelmError(f'unknown command "{name}" for "pxhelm"{suggestion}\nRun \'pxhelm --help\' for usage.')
        return found.name, found, args[1:]


@click.command(cls=Root, name="pxhelm")
@click.version_option(VERSION, prog_name="pxhelm", message="%(prog)s %(version)s")
def root(**_options: Any) -> None:
    """Helm, kubectl and a reconciler for Proxmox VE, in one file.

    Install a chart:            pxhelm install web ./web

    See what it would do:       pxhelm plan web ./web

    Apply one manifest:         pxhelm apply -f vm.yaml

    Try it without a cluster:   pxhelm --context simulator get vms
    """


def run(arguments: list[str]) -> int:
    """Run one command and return its exit status; every failure is told on standard error."""
    session = Session({"debug": True} if os.environ.get("PXHELM_DEBUG", "") in ("1", "true") else {})
    try:
        status = root.main(arguments, prog_name="pxhelm", standalone_mode=False, obj=session)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _tell(_in_helms_words(error), session, arguments)
    except PxhelmError as error:
        return _tell(error, session, arguments)
    except (KeyboardInterrupt, click.exceptions.Abort):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return ExitCode.OK
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
            return _bug(arguments)
        _drop_output()
        return _tell(PxhelmError(f"cannot write: {system_says(error)}"), session, arguments)
    except Exception:  # noqa: BLE001 - whatever is left is our own bug
        return _bug(arguments)
    return int(status) if isinstance(status, int) else ExitCode.OK


def _bug(arguments: list[str]) -> int:
    from pxhelm.cli.bug import report

    return report(arguments)


def _drop_output() -> None:
    """Let what is left in the buffer of standard output go nowhere, so that the end of the process does not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _in_helms_words(error: click.ClickException) -> PxhelmError:
    if isinstance(error, click.NoSuchOption):
        name = error.option_name
        text = f"unknown flag: {name}"
        if not name.startswith("--"):
            text = f"unknown shorthand flag: '{name[1:2]}' in {name}"
        hint = f"did you mean {error.possibilities[0]}?" if error.possibilities else ""
        return PxhelmError(text, code=ExitCode.USAGE, hint=hint)
    if isinstance(error, click.BadOptionUsage) and "requires an argument" in error.message:
        name = error.option_name
        short = "" if name.startswith("--") else f"'{name[1:]}' in "
        return PxhelmError(f"flag needs an argument: {short}{name}", code=ExitCode.USAGE)
    if isinstance(error, click.BadParameter) and error.param is not None:
        flags = ", ".join(error.param.opts)
        return PxhelmError(f'invalid argument for "{flags}" flag: {error.message}', code=ExitCode.USAGE)
    return PxhelmError(error.message, code=ExitCode.USAGE)


def _tell(error: PxhelmError, session: Session, arguments: list[str]) -> int:
    from pxhelm.cli.failure import show

    show(error, debug=bool(session.flags.get("debug")))
    first = next((a for a in arguments if a in COMMANDS or a in ALIASES), "")
    name = session.command.split(" ")[0] or ALIASES.get(first, first)
    helms = name in HELM or name not in COMMANDS
    return ExitCode.FAILED if helms else error.code
