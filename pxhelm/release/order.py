"""The order in which Helm deletes a release's manifests, and those that it keeps.

The install order is the renderer's; a stored manifest is in it already.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pxhelm.errors import PxhelmError
from pxhelm.release.failure import wrapped

POLICY_ANNOTATION = "helm.sh/resource-policy"
KEEP = "keep"

UNINSTALL_ORDER = (
    "APIService",
    "Ingress",
    "IngressClass",
    "Service",
    "CronJob",
    "Job",
    "StatefulSet",
    "HorizontalPodAutoscaler",
    "Deployment",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "DaemonSet",
    "RoleBindingList",
    "RoleBinding",
    "RoleList",
    "Role",
    "ClusterRoleBindingList",
    "ClusterRoleBinding",
    "ClusterRoleList",
    "ClusterRole",
    "CustomResourceDefinition",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "StorageClass",
    "ConfigMap",
    "SecretList",
    "Secret",
    "ServiceAccount",
    "PodDisruptionBudget",
    "PodSecurityPolicy",
    "LimitRange",
    "ResourceQuota",
    "NetworkPolicy",
    "Namespace",
    "PriorityClass",
)
"""Kinds in the order they go; those not named go last, alphabetically."""

_RANK = {kind: rank for rank, kind in enumerate(UNINSTALL_ORDER)}
_SEPARATOR = re.compile(r"(?:^|\s*\n)---\s*")


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a manifest."""

    text: str
    kind: str
    name: str
    annotations: Mapping[str, str]

    @property
    def is_kept(self) -> bool:
        """Whether its policy is ``keep``."""
        return self.annotations.get(POLICY_ANNOTATION, "").strip().lower() == KEEP


def split(manifest: str) -> list[str]:
    """Split a text into its documents as Helm's SplitManifests does: by text, before any YAML is read."""
    return [part.strip() for part in _SEPARATOR.split(manifest.strip()) if part]


def deletion_order(manifest: str) -> tuple[list[Document], list[Document]]:
    """Return the documents that are kept and those to delete, in the order they are deleted.

    A document with another ``helm.sh/resource-policy`` than ``keep`` is in neither: Helm leaves it alone unsaid.
    """
    documents = sorted(map(_document, split(manifest)), key=_by_kind)
    kept = [one for one in documents if one.is_kept]
    return kept, [one for one in documents if POLICY_ANNOTATION not in one.annotations]


def _by_kind(document: Document) -> tuple[int, str]:
    rank = _RANK.get(document.kind)
    return (len(_RANK), document.kind) if rank is None else (rank, "")


def _document(text: str) -> Document:
    head = _load(text)
    metadata = head.get("metadata") or {}
    return Document(text, head.get("kind") or "", metadata.get("name") or "", metadata.get("annotations") or {})


def _load(text: str) -> dict[str, Any]:
    import yaml

    try:
        loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except yaml.YAMLError as error:
        problem = PxhelmError(f"YAML parse error: {error}")
        raise wrapped("corrupted release record. You must manually delete the resources", problem) from error
    return loaded if isinstance(loaded, dict) else {}
