"""Files, environment, contexts and directories that say how pxhelm runs (edge).

Never opens a store or a connection. A context names a cluster, as in kubeconfig: endpoints, how to authenticate, how
to trust; secrets stand in the environment, a file or a command's output, and are read only when they are needed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.secret import Secret
from pxhelm.settings.context import SIMULATOR, Context, SecretSource, normalize_endpoint
from pxhelm.settings.environment import Variables
from pxhelm.settings.file import read_file, remove_context, save_context, use_context
from pxhelm.settings.limits import Limits, read_limits
from pxhelm.settings.model import Directories, Settings

__all__ = [
    "SIMULATOR",
    "Context",
    "Directories",
    "Limits",
    "SecretSource",
    "Settings",
    "context_of",
    "load",
    "normalize_endpoint",
    "remove_context",
    "save_context",
    "use_context",
]


def load(environ: Mapping[str, str] | None = None, *, config_file: str = "", namespace: str = "") -> Settings:
    """Read the environment and the configuration file (which may be missing)."""
    env = os.environ if environ is None else environ
    directories = Directories.from_environment(env)
    path = Path(config_file or env.get("PXHELM_CONFIG", "") or directories.config / "config.yaml").expanduser()
    settings = Settings(
        directories=directories,
        config_file=path,
        contexts={},
        current=env.get("PXHELM_CONTEXT", ""),
        namespace=namespace or env.get("PXHELM_NAMESPACE", ""),
        store_file=Path(env["PXHELM_STORE"]).expanduser() if env.get("PXHELM_STORE") else None,
        variables=Variables.read(env),
    )
    told = read_file(path, required=bool(config_file))
    settings = replace(settings, contexts=told.contexts, current=settings.current or told.current, limits=told.limits)
    pairs = (part.partition("=") for part in env.get("PXHELM_LIMITS", "").split(",") if part.strip())
    found = {name.strip(): value for name, _, value in pairs}
    return replace(settings, limits=read_limits(found, settings.limits, "PXHELM_LIMITS")) if found else settings


def context_of(settings: Settings, flags: Mapping[str, Any], environ: Mapping[str, str]) -> Context | None:
    """Return the context that the global flags ask for; None is the current one, looked up when it is needed."""
    name = flags.get("context", "")
    context = settings.context(name) if name else None
    endpoint = flags.get("endpoint") or (environ.get("PXHELM_ENDPOINT", "") if not name else "")
    if endpoint:
        base = context or (
            settings.context() if settings.current else settings.variables.on(_from_environment(environ))
        )
        context = replace(base, endpoints=(normalize_endpoint(endpoint),))
    changes: dict[str, Any] = {field: flags[name] for name, field in _TO_CONTEXT.items() if flags.get(name)}
    if token := flags.get("api_token"):
        token_id, equals, secret = token.partition("=")
        if not equals or "!" not in token_id or "@" not in token_id:
            raise PxhelmError("cannot use --api-token: it is not USER@REALM!ID=SECRET", code=ExitCode.USAGE)
        changes |= {"token_id": token_id, "token": SecretSource(given=Secret(secret))}
    if changes and (context or settings.current):
        context = replace(context or settings.context(), **changes)
    return context


_TO_CONTEXT: Final = {
    "fingerprint": "fingerprint",
    "pve_ca_file": "ca_file",
    "pve_tls_server_name": "server_name",
    "pve_insecure_skip_tls_verify": "insecure",
    "burst_limit": "at_once",
    "qps": "per_second",
}
"""Global flags and the field of the context that each sets."""


def _from_environment(environ: Mapping[str, str]) -> Context:
    return Context(
        "environment",
        token_id=environ.get("PXHELM_TOKEN_ID", ""),
        token=SecretSource(env="PXHELM_TOKEN"),
        fingerprint=environ.get("PXHELM_FINGERPRINT", ""),
    )
