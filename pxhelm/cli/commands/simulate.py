"""``pxhelm simulate``: serves a simulated cluster over HTTPS until it is told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import flag, output_flag, texts
from pxhelm.errors import ExitCode, PxhelmError, system_says

if TYPE_CHECKING:
    from pxhelm.simulator.options import Options
    from pxhelm.simulator.scenario import Scenario
    from pxhelm.simulator.serve import Server

HELP = """Serve a simulated Proxmox VE cluster over HTTPS, in the foreground.

A fresh cluster has the nodes pve-node1 to pve-nodeN, the storages local, local-lvm and shared, and the VM template
debian-12-template. Its state is one file: stop it, kill it, start it again, nothing is lost. GET /simulator/log shows
every request it got.

\b
Faults, KIND[=VALUE] [METHOD] [PATH] [#N | #N-M | #N-], may be given several times:
  'drop-request POST /nodes/*/qemu #2'   the second creation never arrives
  'drop-reply'                           every answer is lost, effects stay
  '5xx-after-effect=502 PUT */config'    the effect happens, the answer is 502
  'slow=3 GET'                           every read takes three seconds more
  'node-crash=pve-node1+2 POST */clone'  the node dies two seconds after a clone began
  'node-down=pve-node2'                  the node is off the network
  'quorum-lost'                          the cluster has no quorum
"""


@cli.command("simulate", help=HELP)
@click.option("--address", default="127.0.0.1", show_default=True, help="address to listen on")
@click.option("--port", type=int, default=8006, show_default=True, help="port to listen on; 0 = any that is free")
@click.option("--state", metavar="FILE", help="state file, made when it is not there [default: in the data directory]")
@click.option("--nodes", type=click.IntRange(1, 32), default=3, show_default=True, help="nodes of a fresh cluster")
@click.option("--guests", type=click.IntRange(0), default=0, show_default=True, help="guests of others in it")
@click.option("--seed", type=int, default=1, show_default=True, help="the same seed makes the same cluster")
@click.option("--time-scale", type=float, default=1.0, show_default=True, help="factor on all durations; 0 = at once")
@click.option("--latency", type=float, default=0.0, metavar="SECONDS", help="what every answer takes longer")
@click.option(
    "--scenario", metavar="FILE", help="shape, contents, faults and events of the cluster; flags go before it"
)
@texts("--fault", help="make something go wrong, see above", metavar="FAULT")
@flag("--expired-certificate", help="show a certificate that has expired")
@output_flag("text", "json", default="text")
def command(session: cli.Session, **options: Any) -> None:
    """Say where the cluster is, then serve it until SIGINT or SIGTERM."""
    import signal
    import threading

    wanted = _options(session, options)
    server = _server(wanted)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    server.start()
    try:
        _tell(server, wanted, options["output"])
        ended.wait()
    finally:
        server.stop()


def _options(session: cli.Session, options: dict[str, Any]) -> Options:
    from pathlib import Path

    from pxhelm import settings
    from pxhelm.simulator.options import Options

    directories = settings.load(config_file=session.flags.get("config", "")).directories
    path = Path(options["state"] or directories.data / "simulator.db")
    if path.exists():
        _say_what_is_ignored(path)
    expired = ("expired-cert",) if options["expired_certificate"] else ()
    told = _scenario(options["scenario"])

    def given(name: str) -> Any:
        of_file = getattr(told, name)
        chosen = click.get_current_context().get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        return options[name] if chosen or of_file is None else of_file

    return Options(
        state_file=str(path),
        nodes=given("nodes"),
        guests=given("guests"),
        seed=given("seed"),
        time_scale=given("time_scale"),
        statistics=told.statistics or 0.0,
        latency=given("latency"),
        faults=(*told.faults, *options["fault"], *expired),
        machines=told.machines,
        requests=told.requests,
        events=told.events,
        address=options["address"],
        port=options["port"],
    )


def _scenario(name: str | None) -> Scenario:
    from pathlib import Path

    from pxhelm.simulator.scenario import Scenario, ScenarioError, read

    if not name:
        return Scenario()
    try:
        return read(Path(name).read_text(encoding="utf-8"))
    except ScenarioError as error:
        raise PxhelmError(f"cannot read scenario {name}: {error}", code=ExitCode.USAGE) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise PxhelmError(f"cannot read scenario {name}: {reason.lower()}", code=ExitCode.USAGE) from None


def _say_what_is_ignored(path: object) -> None:
    context = click.get_current_context()
    shape = ("nodes", "guests", "seed")
    given = [n for n in shape if context.get_parameter_source(n) is click.core.ParameterSource.COMMANDLINE]
    if given:
        flags = ", ".join(f"--{name}" for name in given)
        click.echo(f"note: {flags} ignored: {path} holds a cluster already", err=True)


def _server(wanted: Options) -> Server:
    import sqlite3

    from pxhelm.simulator.serve import Server

    try:
        return Server(wanted)
    except ValueError as error:
        raise PxhelmError(f"cannot simulate: {error}", code=ExitCode.USAGE) from None
    except OverflowError:
        raise PxhelmError(
            f"cannot listen on port {wanted.port}: ports go from 0 to 65535", code=ExitCode.USAGE
        ) from None
    except sqlite3.DatabaseError as error:
        raise PxhelmError(f"cannot open the state {wanted.state_file}: {error}") from None
    except OSError as error:
        reason = system_says(error)
        raise PxhelmError(
            f"cannot listen on {wanted.address}:{wanted.port}: {reason}", hint="--port 0 takes any free port"
        ) from None


def _tell(server: Server, wanted: Options, output: str) -> None:
    if output == "json":
        from pxhelm.cli.views.document import as_json

        told = {
            "url": server.url,
            "token": server.token,
            "fingerprint": server.fingerprint,
            "caFile": server.authority_file,
        }
        click.echo(as_json(told), nl=False)
        return
    from pxhelm.simulator import seed

    token_id, _, secret = server.token.partition("=")
    click.echo(
        f"simulated Proxmox VE cluster at {server.url}, state in {wanted.state_file}\n"
        f"  fingerprint  {server.fingerprint}\n"
        f"  token        {server.token}\n"
        f"  or sign in   root@pam, {seed.PASSWORD}\n"
        f"  CA file      {server.authority_file}\n\n"
        f"use it, in another terminal:\n"
        f"  export SIM_TOKEN={secret}\n"
        f"  pxhelm config add sim --endpoint {server.url} --fingerprint {server.fingerprint} \\\n"
        f"    --token-id '{token_id}' --token-env SIM_TOKEN\n\n"
        "Ctrl-C ends it"
    )
