"""What the environment says of every context: how many requests go out, what manifests may do here, how files get to nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.settings.context import Context


@dataclass(frozen=True, slots=True)
class Variables:
    """The ``PXHELM_*`` variables that stand over what a context says."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    """Fields of ``Context`` that are said instead."""
    allow_value_from: tuple[str, ...] = ()
    """Said besides."""
    ssh_host: str = ""
    shared_paths: Mapping[str, str] = field(default_factory=dict)
    """Said besides, each in place of the context's for the same storage."""

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Variables:
        """Return what the environment says; PxhelmError (USAGE) names a variable that cannot be used."""
        fields: dict[str, Any] = _pace(environ)
        if environ.get("PXHELM_ALLOW_COMMANDS", "") in ("1", "true"):
            fields["allow_commands"] = True
        places = environ.get("PXHELM_ALLOW_VALUE_FROM", "").split(",")
        return cls(
            fields, tuple(filter(None, places)), environ.get("PXHELM_SSH", ""), _folders(environ, "PXHELM_SHARED_PATHS")
        )

    def on(self, context: Context) -> Context:
        """Return a context with what the environment says over it."""
        return replace(
            context,
            **self.fields,
            allow_value_from=(*context.allow_value_from, *self.allow_value_from),
            ssh=replace(context.ssh, host=self.ssh_host or context.ssh.host),
            shared_paths={**context.shared_paths, **self.shared_paths},
        )


def _pace(environ: Mapping[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, to, kind in (("PXHELM_BURST_LIMIT", "at_once", int), ("PXHELM_QPS", "per_second", float)):
        text = environ.get(name, "")
        try:
            number = kind(text or 0)
        except ValueError:
            number = -1
        if not 0 <= number < float("inf"):
            raise PxhelmError(f"cannot use {name}: {text} is no number of requests", code=ExitCode.USAGE)
        if number:
            fields[to] = number
    return fields


def _folders(environ: Mapping[str, str], name: str) -> dict[str, str]:
    folders: dict[str, str] = {}
    for pair in filter(None, environ.get(name, "").split(",")):
        storage, equals, folder = pair.partition("=")
        if not equals or not storage or not folder:
            raise PxhelmError(
                f"cannot use {name}: {pair} is not STORAGE=FOLDER", code=ExitCode.USAGE, hint="such as nas=/mnt/nas"
            )
        folders[storage] = folder
    return folders
