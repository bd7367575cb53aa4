"""Flags that kubectl has and pxhelm has not: whoever gives one is told why, and what to do instead.

They stand in no help; the guide for users of kubectl lists them. Never changes what a command does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from pxhelm.cli.command import OptionalValue
from pxhelm.cli.options import Decorator, all_of
from pxhelm.errors import ExitCode, PxhelmError

_KUSTOMIZE = "pxhelm runs no kustomize: kustomize build DIR | pxhelm COMMAND -f -"
_CHUNKS = "Proxmox VE lists everything in one answer, there are no chunks"
_MANAGED = "`pxhelm describe` names the managers, `pxhelm state` what each owns"
_MANAGER = "labels and annotations have no managers, the latest word counts"
_LOCAL = "it would only print: give --dry-run"
_UNTIMED = "Proxmox VE keeps no times in the logs of tasks"
_ONE = "a guest has one log, that of a task"
_SERVER = "Proxmox VE knows no server-side apply; what others own is told as a conflict in any case"
_PRUNED = "manifests alone do not know what was: a chart's `upgrade` removes what the release no longer holds"
_SHUTDOWN = "spec.power.shutdownTimeout says how long a guest may take; --now stops it at once"

WHY: Mapping[str, Mapping[str, str]] = {
    "get": {
        "-k --kustomize": _KUSTOMIZE,
        "--chunk-size": _CHUNKS,
        "--raw": "`pxhelm api get PATH` asks any endpoint",
        "--server-print": "tables are made here",
        "--show-managed-fields": _MANAGED,
        "--subresource": "objects have none",
    },
    "describe": {"-k --kustomize": _KUSTOMIZE, "--chunk-size": _CHUNKS},
    "edit": {
        "-k --kustomize": _KUSTOMIZE,
        "--output-patch": "the plan that follows says what changes",
        "--save-config": "the manifest is kept in any case",
        "--show-managed-fields": _MANAGED,
        "--subresource": "objects have none",
        "--validate": "what you save is checked in any case",
        "--windows-line-endings": "the editor decides",
    },
    "label": {
        "-k --kustomize": _KUSTOMIZE,
        "--field-manager": _MANAGER,
        "--local": _LOCAL,
        "--resource-version": "labels have no versions",
        "--show-managed-fields": _MANAGED,
    },
    "wait": {"-k --kustomize": _KUSTOMIZE, "--local": "it would never wait"},
    "events": {"--chunk-size": _CHUNKS},
    "logs": {
        "-c --container": _ONE,
        "--all-containers": _ONE,
        "--all-pods": _ONE,
        "--prefix": _ONE,
        "--since": _UNTIMED,
        "--since-time": _UNTIMED,
        "--timestamps": _UNTIMED,
        "--limit-bytes": "--tail limits the lines",
        "-l --selector": "name one guest; `pxhelm get tasks` lists the tasks of all",
    },
    "top": {
        "--containers": "a container is a guest here: pxhelm top containers",
        "--show-capacity": "`-o json` holds it",
        "--show-swap": "Proxmox VE does not tell it in its lists",
        "--use-protocol-buffers": "there are none",
    },
    "delete": {
        "-k --kustomize": _KUSTOMIZE,
        "--cascade": "what depends on an object is told, and refuses its deletion",
        "--grace-period": _SHUTDOWN,
        "--raw": "`pxhelm api delete PATH` asks any endpoint",
        "--timeout": "a deletion that takes long is gone on with by the same command; see --lock-timeout",
        "--wait": "it is always waited for",
    },
    "explain": {"--output-version": "there is one version", "--api-version": "there is one version: proxmox.io/v1"},
    "api-resources": {"--cached": "no cluster is asked", "--categories": "there is one: `get all`"},
    "apply": {
        "-k --kustomize": _KUSTOMIZE,
        "--all": _PRUNED,
        "--cascade": "what depends on an object is told, and refuses its deletion",
        "--grace-period": _SHUTDOWN,
        "--prune": _PRUNED,
        "--prune-allowlist": _PRUNED,
        "--overwrite": "what others own is told as a conflict; --force-conflicts takes it over",
        "--openapi-patch": "what merges how is the kinds' business",
        "--server-side": _SERVER,
        "--show-managed-fields": _MANAGED,
        "--validate": "manifests are checked in any case; `pxhelm validate` only checks",
    },
}
"""Command → flag → why there is none."""


def refused_flags(command: str) -> Decorator:
    """Declare the flags of a command of kubectl's that pxhelm refuses."""
    return all_of(*(_refused(names.split(), why) for names, why in WHY[command].items()))


def _refused(names: list[str], why: str) -> Decorator:
    def tell(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
        if value is not None:
            text = why.replace("COMMAND", str(ctx.info_name))
            raise PxhelmError(f"there is no {names[-1]} here: {text}", code=ExitCode.USAGE)

    return click.option(*names, cls=OptionalValue, bare="true", hidden=True, expose_value=False, callback=tell)


def dry_run_flag(help: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # noqa: A002 - click's word
    """Declare ``--dry-run[=none|client|server]`` as kubectl has it; commands get whether it is one."""

    def read(_ctx: click.Context, _param: click.Parameter, value: str) -> bool:
        if value not in ("none", "client", "server", "true", "false"):
            raise PxhelmError(
                f'Invalid dry-run value ({value}). Must be "none", "server", or "client".', code=ExitCode.USAGE
            )
        return value not in ("none", "false")

    return click.option(
        "--dry-run", cls=OptionalValue, bare="client", default="none", metavar="string", callback=read, help=help
    )
