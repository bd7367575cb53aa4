"""What rendering takes and what it gives: requests, manifests, hooks, notes.

Only data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from pxhelm.chart.model import Chart, Crd
from pxhelm.errors import PxhelmError
from pxhelm.manifest import Manifest
from pxhelm.values.merge import Warnings


class RenderError(PxhelmError):
    """A chart that does not render, in Helm's words; ``where`` has the template line."""

    files: Mapping[str, str] = MappingProxyType({})
    """What the templates wrote before what they wrote turned out not to be YAML."""


KNOWN_API_VERSIONS: Final = (
    *("v1", "admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1alpha1"),
    *("admissionregistration.k8s.io/v1beta1", "internal.apiserver.k8s.io/v1alpha1", "apps/v1", "apps/v1beta1"),
    *("apps/v1beta2", "authentication.k8s.io/v1", "authentication.k8s.io/v1alpha1", "authentication.k8s.io/v1beta1"),
    *("authorization.k8s.io/v1", "authorization.k8s.io/v1beta1", "autoscaling/v1", "autoscaling/v2", "batch/v1"),
    *("batch/v1beta1", "certificates.k8s.io/v1", "certificates.k8s.io/v1beta1", "certificates.k8s.io/v1alpha1"),
    *("coordination.k8s.io/v1alpha2", "coordination.k8s.io/v1beta1", "coordination.k8s.io/v1"),
    *("discovery.k8s.io/v1", "discovery.k8s.io/v1beta1", "events.k8s.io/v1", "events.k8s.io/v1beta1"),
    *("extensions/v1beta1", "flowcontrol.apiserver.k8s.io/v1", "flowcontrol.apiserver.k8s.io/v1beta1"),
    *("flowcontrol.apiserver.k8s.io/v1beta2", "flowcontrol.apiserver.k8s.io/v1beta3", "lifecycle.k8s.io/v1alpha1"),
    *("networking.k8s.io/v1", "networking.k8s.io/v1beta1", "node.k8s.io/v1", "node.k8s.io/v1alpha1"),
    *("node.k8s.io/v1beta1", "policy/v1", "policy/v1beta1", "rbac.authorization.k8s.io/v1"),
    *("rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1alpha1", "resource.k8s.io/v1"),
    *("resource.k8s.io/v1beta2", "resource.k8s.io/v1beta1", "resource.k8s.io/v1alpha3"),
    *("scheduling.k8s.io/v1alpha3", "scheduling.k8s.io/v1beta1", "scheduling.k8s.io/v1", "storage.k8s.io/v1beta1"),
    *("storage.k8s.io/v1", "storage.k8s.io/v1alpha1", "storagemigration.k8s.io/v1"),
    *("storagemigration.k8s.io/v1beta1", "apiextensions.k8s.io/v1beta1", "apiextensions.k8s.io/v1"),
)
"""Helm v3.22's ``.Capabilities.APIVersions`` without a cluster, in its order."""


@dataclass(frozen=True, slots=True)
class KubeVersion:
    """``.Capabilities.KubeVersion``."""

    version: str = "v1.20.0"
    major: str = "1"
    minor: str = "20"


@dataclass(frozen=True, slots=True)
class HelmVersion:
    """``.Capabilities.HelmVersion``: charts compare it, so it is that of the Helm we follow."""

    version: str = "v3.22.0"
    git_commit: str = ""
    git_tree_state: str = ""
    go_version: str = "go1.26.8"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """``.Capabilities``."""

    kube_version: KubeVersion = KubeVersion()
    api_versions: tuple[str, ...] = KNOWN_API_VERSIONS
    helm_version: HelmVersion = HelmVersion()


@dataclass(frozen=True, slots=True)
class ReleaseInfo:
    """``.Release``."""

    name: str = "release-name"
    namespace: str = "default"
    revision: int = 1
    is_upgrade: bool = False


@dataclass(frozen=True, slots=True)
class JinjaItem:
    """One Jinja template to render with what it may see."""

    name: str
    """Path from the root chart."""
    scope: str
    """The chart's path: ``include`` and ``import`` look there."""
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JinjaJob:
    """All Jinja templates of one rendering, so that one child process does."""

    items: tuple[JinjaItem, ...]
    sources: Mapping[str, str]
    """Every Jinja template by path, partials included."""


JinjaRenderer = Callable[[JinjaJob], Mapping[str, str]]
"""Renders a job to outputs by template; at an edge, as it runs in a process of its own."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to render."""

    strict: bool = False
    """A missing key is an error (``missingkey=error``)."""
    lint: bool = False
    """``required`` and ``fail`` do not fail."""
    skip_schema: bool = False
    process_dependencies: bool = True
    """False when the chart's conditions and imports were settled already."""
    sub_notes: bool = False
    """Join the subcharts' notes to the root's."""
    check_kube_version: bool = True
    record_reads: bool = False
    """Find out which values the templates read, at the price of rendering twice."""


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """Everything a rendering depends on."""

    chart: Chart
    values: Mapping[str, object] = field(default_factory=dict)
    """The user's values."""
    release: ReleaseInfo = ReleaseInfo()
    capabilities: Capabilities = Capabilities()
    options: Options = Options()
    host: Any = None
    """The template engine's ``Host``: clock, randomness, lookup."""
    budget: Any = None
    """The template engine's limits; None = its defaults."""
    jinja: JinjaRenderer | None = None
    told: Warnings = field(default_factory=Warnings)
    """Gets what Helm logs meanwhile, also when rendering fails."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A manifest that runs at an event of the release."""

    manifest: Manifest
    events: tuple[str, ...]
    weight: int = 0
    delete_policies: tuple[str, ...] = ()
    output_log_policies: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``metadata.name``."""
        return self.manifest.name

    @property
    def kind(self) -> str:
        """The manifest's kind."""
        return self.manifest.kind

    @property
    def path(self) -> str:
        """The template it came from."""
        return self.manifest.file

    @property
    def is_test(self) -> bool:
        """Whether ``helm test`` runs it."""
        return "test" in self.events


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered chart."""

    chart: Chart
    """With its dependencies settled."""
    manifests: tuple[Manifest, ...]
    """In Helm's install order."""
    hooks: tuple[Hook, ...]
    """In Helm's order of kinds, as ``helm template`` prints them."""
    notes: str = ""
    crds: tuple[Crd, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    """The output of each template, notes included, as the engine gave it."""
    values: Mapping[str, object] = field(default_factory=dict)
    """The coalesced values."""
    reads: frozenset[tuple[str, ...]] = frozenset()
    """Paths of values that some template read; empty unless asked for."""
