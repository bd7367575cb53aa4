"""What a command starts with: directories, contexts and the overrides of its flags, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.settings.context import SIMULATOR, Context
from pxhelm.settings.environment import Variables
from pxhelm.settings.limits import DEFAULT_LIMITS, Limits


@dataclass(frozen=True, slots=True)
class Directories:
    """Where pxhelm keeps things; each can be set by a ``PXHELM_*`` variable."""

    config: Path
    data: Path
    cache: Path
    state: Path
    """Log files of our own bugs."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Directories:
        """Return the directories of this user; none is created."""
        given = {name: environ.get(f"PXHELM_{name.upper()}_HOME", "") for name in ("config", "data", "cache", "state")}
        if not all(given.values()):
            from platformdirs import PlatformDirs

            dirs = PlatformDirs("pxhelm", appauthor=False)
            usual = {
                "config": dirs.user_config_dir,
                "data": dirs.user_data_dir,
                "cache": dirs.user_cache_dir,
                "state": dirs.user_state_dir,
            }
            given = {name: value or usual[name] for name, value in given.items()}
        return cls(**{name: Path(value) for name, value in given.items()})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a command starts with: directories, contexts, and the overrides of its flags."""

    directories: Directories
    config_file: Path
    contexts: Mapping[str, Context]
    current: str
    """Name of the current context; empty when none is set."""
    namespace: str = ""
    """From ``--namespace`` or ``PXHELM_NAMESPACE``; empty = the context's, else ``default``."""
    store_file: Path | None = None
    """From ``PXHELM_STORE``; else ``pxhelm.db`` in the data directory."""
    limits: Limits = DEFAULT_LIMITS
    variables: Variables = field(default_factory=Variables)
    """What the environment says over every context."""

    def context(self, name: str = "") -> Context:
        """Return the named context, or the current one; PxhelmError when there is none."""
        wanted = name or self.current
        if wanted == SIMULATOR and SIMULATOR not in self.contexts:
            return self.variables.on(Context(SIMULATOR))
        if wanted in self.contexts:
            return self.variables.on(self.contexts[wanted])
        if not wanted:
            raise PxhelmError(
                "cannot reach a cluster: no context is set",
                code=ExitCode.FAILED,
                hint="add one with `pxhelm config add`, or try `pxhelm --context simulator …`, which needs nothing",
            )
        import difflib

        known = [*self.contexts, SIMULATOR]
        near = difflib.get_close_matches(wanted, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known contexts: {', '.join(sorted(set(known)))}"
        raise PxhelmError(f"cannot use context {wanted}: it is not in {self.config_file}", hint=hint)

    def namespace_of(self, context: Context) -> str:
        """Return the namespace that a command works in."""
        return self.namespace or context.namespace or "default"

    @property
    def store(self) -> Path:
        """Return the store's file."""
        return self.store_file or self.directories.data / "pxhelm.db"
