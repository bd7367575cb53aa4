"""In which order kinds come: Helm's tables, kept for mixed charts.

Only tables and a stable sort; what Proxmox needs before what is ``plan``'s, which follows references.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

T = TypeVar("T")

INSTALL_ORDER: Final = (
    *("PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy"),
    *("PodDisruptionBudget", "ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass"),
    *("PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole", "ClusterRoleList"),
    *("ClusterRoleBinding", "ClusterRoleBindingList", "Role", "RoleList", "RoleBinding", "RoleBindingList"),
    *("Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment"),
    *("HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress", "APIService"),
)
UNINSTALL_ORDER: Final = (
    *("APIService", "Ingress", "IngressClass", "Service", "CronJob", "Job", "StatefulSet"),
    *("HorizontalPodAutoscaler", "Deployment", "ReplicaSet", "ReplicationController", "Pod", "DaemonSet"),
    *("RoleBindingList", "RoleBinding", "RoleList", "Role", "ClusterRoleBindingList", "ClusterRoleBinding"),
    *("ClusterRoleList", "ClusterRole", "CustomResourceDefinition", "PersistentVolumeClaim", "PersistentVolume"),
    *("StorageClass", "ConfigMap", "SecretList", "Secret", "ServiceAccount", "PodDisruptionBudget"),
    *("PodSecurityPolicy", "LimitRange", "ResourceQuota", "NetworkPolicy", "Namespace", "PriorityClass"),
)
PROXMOX_ORDER: Final = (
    *("Pool", "User", "Group", "Role", "Storage", "SDNZone", "SDNVNet", "SDNSubnet", "FirewallAlias"),
    *("FirewallIPSet", "FirewallGroup", "Image", "Template", "Container", "VirtualMachine", "Disk", "Snapshot"),
    *("BackupJob", "HAGroup", "HAResource"),
)
"""What usually needs to exist before what, where nothing refers to anything."""

_RANKS: Final[Mapping[tuple[str, ...], Mapping[str, int]]] = {
    order: {kind: i for i, kind in enumerate(order)} for order in (INSTALL_ORDER, UNINSTALL_ORDER, PROXMOX_ORDER)
}


def rank(kind: str, order: tuple[str, ...] = INSTALL_ORDER) -> tuple[int, str]:
    """Return a sort key: kinds of the table in its order, then all others by name."""
    found = _RANKS[order].get(kind)
    return (len(order), kind) if found is None else (found, "")


def by_kind(items: Iterable[T], kind: Callable[[T], str], order: tuple[str, ...] = INSTALL_ORDER) -> list[T]:
    """Sort by kind, keeping the order of items of one kind."""
    return sorted(items, key=lambda item: rank(kind(item), order))
