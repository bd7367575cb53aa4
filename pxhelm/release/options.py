"""The options of operations on releases, named and defaulted as Helm's flags. Times in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_TIMEOUT = 300.0


@dataclass(frozen=True, slots=True)
class InstallOptions:
    """``helm install``."""

    atomic: bool = False
    wait: bool = False
    wait_for_jobs: bool = False
    timeout: float = DEFAULT_TIMEOUT
    dry_run: str = ""
    """Empty or ``none``: do it; ``client`` or ``server``: show it, with or without asking the cluster in templates."""
    replace: bool = False
    force: bool = False
    disable_hooks: bool = False
    skip_crds: bool = False
    create_namespace: bool = False
    take_ownership: bool = False
    sub_notes: bool = False
    skip_schema_validation: bool = False
    disable_openapi_validation: bool = False
    enable_dns: bool = False
    is_upgrade: bool = False
    """Only with ``dry_run``: templates see an upgrade."""
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_dry(self) -> bool:
        """Whether nothing is to be changed."""
        return is_dry(self.dry_run)


@dataclass(frozen=True, slots=True)
class UpgradeOptions:
    """``helm upgrade``."""

    atomic: bool = False
    wait: bool = False
    wait_for_jobs: bool = False
    timeout: float = DEFAULT_TIMEOUT
    dry_run: str = ""
    force: bool = False
    cleanup_on_fail: bool = False
    disable_hooks: bool = False
    take_ownership: bool = False
    reset_values: bool = False
    reuse_values: bool = False
    reset_then_reuse_values: bool = False
    sub_notes: bool = False
    skip_schema_validation: bool = False
    disable_openapi_validation: bool = False
    enable_dns: bool = False
    max_history: int = 0
    """Revisions kept for the release; 0 keeps all. The command line's default is 10."""
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    skip_crds: bool = False
    create_namespace: bool = False

    @property
    def is_dry(self) -> bool:
        """Whether nothing is to be changed."""
        return is_dry(self.dry_run)

    def as_install(self, *, replace: bool) -> InstallOptions:
        """Return what ``upgrade --install`` gives to the install."""
        return InstallOptions(
            atomic=self.atomic,
            wait=self.wait,
            wait_for_jobs=self.wait_for_jobs,
            timeout=self.timeout,
            dry_run=self.dry_run,
            replace=replace,
            force=self.force,
            disable_hooks=self.disable_hooks,
            skip_crds=self.skip_crds,
            create_namespace=self.create_namespace,
            take_ownership=self.take_ownership,
            sub_notes=self.sub_notes,
            skip_schema_validation=self.skip_schema_validation,
            disable_openapi_validation=self.disable_openapi_validation,
            enable_dns=self.enable_dns,
            description=self.description,
            labels=self.labels,
        )


@dataclass(frozen=True, slots=True)
class RollbackOptions:
    """``helm rollback``; its ``--description`` exists in v4 only and is ours in both dialects."""

    version: int = 0
    """0 is the revision before the last."""
    wait: bool = False
    wait_for_jobs: bool = False
    timeout: float = DEFAULT_TIMEOUT
    dry_run: bool = False
    force: bool = False
    cleanup_on_fail: bool = False
    disable_hooks: bool = False
    max_history: int = 0
    description: str = ""


@dataclass(frozen=True, slots=True)
class UninstallOptions:
    """``helm uninstall``."""

    wait: bool = False
    timeout: float = DEFAULT_TIMEOUT
    dry_run: bool = False
    keep_history: bool = False
    disable_hooks: bool = False
    ignore_not_found: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class TestOptions:
    """``helm test``."""

    __test__ = False  # pytest would take the name for a test class

    timeout: float = DEFAULT_TIMEOUT
    names: tuple[str, ...] = ()
    """Only hooks of these names; all when empty."""
    except_names: tuple[str, ...] = ()


def is_dry(option: str) -> bool:
    """Tell whether a ``--dry-run`` value means that nothing is to be changed."""
    return option in ("client", "server", "true")


def asks_cluster(option: str) -> bool:
    """Tell whether ``lookup`` may ask the cluster with this ``--dry-run`` value."""
    return not is_dry(option) or option == "server"
