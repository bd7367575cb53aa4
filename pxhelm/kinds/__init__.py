"""The catalogue of kinds, one file per kind; an explicit table, no scan of the folder.

Never imports one kind from another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from pxhelm.errors import PxhelmError, StageError
from pxhelm.kinds.acl import ACL
from pxhelm.kinds.acme_account import ACME_ACCOUNT
from pxhelm.kinds.acme_plugin import ACME_PLUGIN
from pxhelm.kinds.api_token import API_TOKEN
from pxhelm.kinds.backup_job import BACKUP_JOB
from pxhelm.kinds.cluster_options import CLUSTER_OPTIONS
from pxhelm.kinds.container import CONTAINER
from pxhelm.kinds.cpu_model import CPU_MODEL
from pxhelm.kinds.dir_mapping import DIR_MAPPING
from pxhelm.kinds.firewall import FIREWALL
from pxhelm.kinds.firewall_alias import FIREWALL_ALIAS
from pxhelm.kinds.group import GROUP
from pxhelm.kinds.guest_set import GUEST_SET
from pxhelm.kinds.ha_rule import HA_RULE
from pxhelm.kinds.image import IMAGE
from pxhelm.kinds.ip_set import IP_SET
from pxhelm.kinds.job import JOB
from pxhelm.kinds.metric_server import METRIC_SERVER
from pxhelm.kinds.namespace import NAMESPACE
from pxhelm.kinds.network import NETWORK
from pxhelm.kinds.node_config import NODE_CONFIG
from pxhelm.kinds.notification_matcher import NOTIFICATION_MATCHER
from pxhelm.kinds.notification_target import NOTIFICATION_TARGET
from pxhelm.kinds.pci_mapping import PCI_MAPPING
from pxhelm.kinds.pool import POOL
from pxhelm.kinds.realm import REALM
from pxhelm.kinds.realm_sync import REALM_SYNC
from pxhelm.kinds.replication_job import REPLICATION_JOB
from pxhelm.kinds.role import ROLE
from pxhelm.kinds.sdn_controller import SDN_CONTROLLER
from pxhelm.kinds.sdn_dns import SDN_DNS
from pxhelm.kinds.sdn_ipam import SDN_IPAM
from pxhelm.kinds.sdn_subnet import SDN_SUBNET
from pxhelm.kinds.sdn_vnet import SDN_VNET
from pxhelm.kinds.sdn_zone import SDN_ZONE
from pxhelm.kinds.secret import SECRET
from pxhelm.kinds.security_group import SECURITY_GROUP
from pxhelm.kinds.snapshot import SNAPSHOT
from pxhelm.kinds.snippet import SNIPPET
from pxhelm.kinds.storage import STORAGE
from pxhelm.kinds.usb_mapping import USB_MAPPING
from pxhelm.kinds.user import USER
from pxhelm.kinds.virtual_machine import VIRTUAL_MACHINE
from pxhelm.manifest import Manifest
from pxhelm.resource.domain import DOMAINS
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import Resource
from pxhelm.resource.parse import Document, parse_resource
from pxhelm.resource.sets import expanded

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in sorted(
        (
            SECRET,
            NAMESPACE,
            GUEST_SET,
            JOB,
            IMAGE,
            SNIPPET,
            STORAGE,
            GROUP,
            ROLE,
            REALM,
            REALM_SYNC,
            USER,
            API_TOKEN,
            ACL,
            SDN_ZONE,
            SECURITY_GROUP,
            FIREWALL,
            FIREWALL_ALIAS,
            IP_SET,
            CLUSTER_OPTIONS,
            NETWORK,
            NODE_CONFIG,
            SDN_CONTROLLER,
            SDN_DNS,
            SDN_IPAM,
            SDN_SUBNET,
            SDN_VNET,
            POOL,
            VIRTUAL_MACHINE,
            CONTAINER,
            ACME_ACCOUNT,
            ACME_PLUGIN,
            BACKUP_JOB,
            CPU_MODEL,
            DIR_MAPPING,
            HA_RULE,
            METRIC_SERVER,
            NOTIFICATION_MATCHER,
            NOTIFICATION_TARGET,
            PCI_MAPPING,
            REPLICATION_JOB,
            SNAPSHOT,
            USB_MAPPING,
        ),
        key=lambda kind: kind.rank,
    )
}
"""By name, in the order in which they are created."""

_NAMES: Mapping[str, Kind] = {
    name: kind for kind in KINDS.values() for name in (kind.name.lower(), kind.plural, *kind.short)
}


_NAME = ("metadata", "name")


def kind_of(name: str) -> Kind:
    """Return the kind by name, plural or short name, in any case; PxhelmError with a suggestion when there is none."""
    found = _NAMES.get(name.lower()) or DOMAINS.get(name)
    if found is None:
        near = get_close_matches(name.lower(), _NAMES, 1, 0.7)
        hint = f"did you mean {_NAMES[near[0]].name}?" if near else f"kinds: {', '.join(KINDS)}"
        raise PxhelmError(f"unknown kind {name}", hint=hint)
    return found


@dataclass(frozen=True, slots=True)
class Parsed:
    """The resources of several documents and what their author should know."""

    resources: tuple[Resource, ...]
    warnings: tuple[str, ...] = ()
    lints: tuple[str, ...] = ()
    """What works, but could be written better; for ``lint`` alone."""


def parse_all(documents: Iterable[Document], default_namespace: str = "default") -> Parsed:
    """Return the resources of manifests in their order, with warnings.

    Raises StageError with every mistake of every document, each with file, line, column and field.
    """
    resources: list[Resource] = []
    errors: list[PxhelmError] = []
    warnings: list[str] = []
    lints: list[str] = []
    seen: dict[ObjectKey, Document] = {}
    claimed: dict[tuple[str, str], Resource] = {}
    for document in _with_members(documents):
        kind = _kind_of_document(document, errors)
        if kind is None:
            continue
        found = parse_resource(kind, document, default_namespace)
        errors += found.errors
        warnings += found.warnings
        lints += [f"{document.where(('spec',))}: {text}" for text in found.lints]
        if found.resource is None:
            continue
        if found.resource.key in seen:
            first = seen[found.resource.key].where(_NAME)
            message = f"{found.resource.key.address} is defined twice"
            errors.append(PxhelmError(message, where=document.where(_NAME), hint=f"the first is at {first}"))
            continue
        seen[found.resource.key] = document
        errors += _claims(kind, found.resource, claimed, document)
        resources.append(found.resource)
    if errors:
        count = f"{len(errors)} mistakes" if len(errors) > 1 else "a mistake"
        raise StageError(f"cannot use the manifests: {count} in them", tuple(errors))
    return Parsed(tuple(resources), tuple(warnings), tuple(lints))


def _with_members(documents: Iterable[Document]) -> Iterator[Document]:
    """Yield the documents, and after a set of guests its members."""
    for document in documents:
        if isinstance(document, Manifest):
            yield from expanded([document])
        else:
            yield document


def parse(documents: Iterable[Document], default_namespace: str = "default") -> list[Resource]:
    """Return the resources of manifests; StageError with every mistake. Warnings are left out: see ``parse_all``."""
    return list(parse_all(documents, default_namespace).resources)


def _kind_of_document(document: Document, errors: list[PxhelmError]) -> Kind | None:
    name = document.body.get("kind")
    if not isinstance(name, str) or not name:
        errors.append(PxhelmError("kind is missing", where=document.where(()), hint=f"kinds: {', '.join(KINDS)}"))
        return None
    if name not in KINDS:
        near = get_close_matches(name, KINDS, 1) or [k.name for k in (_NAMES.get(name.lower()),) if k is not None]
        hint = f"did you mean {near[0]}?" if near else f"kinds: {', '.join(KINDS)}"
        errors.append(PxhelmError(f"unknown kind {name}", where=document.where(("kind",)), hint=hint))
        return None
    return KINDS[name]


def _claims(
    kind: Kind, resource: Resource, claimed: dict[tuple[str, str], Resource], document: Document
) -> list[PxhelmError]:
    """Two objects may not claim one id of Proxmox (kinds.md 2.2); for guests that is a VMID that both name."""
    claim = str(resource.leaves.get("vmid", "")) if kind.guest else kind.identifier(resource)
    if not claim:
        return []
    place = ("guest" if kind.guest else kind.name, claim)
    other = claimed.setdefault(place, resource)
    if other is resource:
        return []
    what = f"VMID {claim}" if kind.guest else f"the id {claim}"
    return [
        PxhelmError(f"{resource.key.address} and {other.key.address} both claim {what}", where=document.where(_NAME))
    ]
