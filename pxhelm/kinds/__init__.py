"""The catalogue of kinds, one file per kind; an explicit table, no scan of the folder.

Modules are named as texts, as in the table of commands: a kind is imported when somebody asks for it. Never imports one
kind from another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from pxhelm.errors import PxhelmError, StageError

if TYPE_CHECKING:
    from pxhelm.resource.identity import ObjectKey
    from pxhelm.resource.kind import Kind
    from pxhelm.resource.model import Resource
    from pxhelm.resource.parse import Document

CATALOGUE: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "Secret": ("secret", "secrets", ("secret",)),
    "Namespace": ("namespace", "namespaces", ("ns",)),
    "ClusterOptions": ("cluster_options", "clusteroptions", ("co",)),
    "Storage": ("storage", "storages", ("sto", "storage")),
    "Realm": ("realm", "realms", ("realm",)),
    "Group": ("group", "groups", ("grp",)),
    "Role": ("role", "roles", ("role",)),
    "User": ("user", "users", ("user",)),
    "FirewallAlias": ("firewall_alias", "firewallaliases", ("fwa",)),
    "ACMEAccount": ("acme_account", "acmeaccounts", ("acme",)),
    "ACMEPlugin": ("acme_plugin", "acmeplugins", ("acmep",)),
    "CPUModel": ("cpu_model", "cpumodels", ("cpu",)),
    "DirMapping": ("dir_mapping", "dirmappings", ("dirmap",)),
    "MetricServer": ("metric_server", "metricservers", ("ms",)),
    "PCIMapping": ("pci_mapping", "pcimappings", ("pci",)),
    "USBMapping": ("usb_mapping", "usbmappings", ("usb",)),
    "APIToken": ("api_token", "apitokens", ("tok", "token")),
    "NotificationTarget": ("notification_target", "notificationtargets", ("nt",)),
    "IPSet": ("ip_set", "ipsets", ("ipset",)),
    "SDNDNS": ("sdn_dns", "sdndnses", ("sdndns",)),
    "SDNIPAM": ("sdn_ipam", "sdnipams", ("ipam",)),
    "SDNFabric": ("sdn_fabric", "sdnfabrics", ("fabric",)),
    "NotificationMatcher": ("notification_matcher", "notificationmatchers", ("nm",)),
    "SecurityGroup": ("security_group", "securitygroups", ("sg", "sgs")),
    "Network": ("network", "networks", ("net",)),
    "NodeConfig": ("node_config", "nodeconfigs", ("nc",)),
    "SDNController": ("sdn_controller", "sdncontrollers", ("sdnc",)),
    "SDNZone": ("sdn_zone", "sdnzones", ("zone", "zones")),
    "SDNVNet": ("sdn_vnet", "sdnvnets", ("vnet",)),
    "SDNSubnet": ("sdn_subnet", "sdnsubnets", ("subnet",)),
    "Pool": ("pool", "pools", ("pool",)),
    "Image": ("image", "images", ("img", "image")),
    "Snippet": ("snippet", "snippets", ("snip", "snippet")),
    "VirtualMachine": ("virtual_machine", "virtualmachines", ("vm", "vms")),
    "Container": ("container", "containers", ("ct", "lxc", "cts")),
    "ACL": ("acl", "acls", ("acl",)),
    "Firewall": ("firewall", "firewalls", ("fw",)),
    "RealmSync": ("realm_sync", "realmsyncs", ("rsync",)),
    "BackupJob": ("backup_job", "backupjobs", ("bj",)),
    "HARule": ("ha_rule", "harules", ("har",)),
    "ReplicationJob": ("replication_job", "replicationjobs", ("repl",)),
    "GuestSet": ("guest_set", "guestsets", ("gs",)),
    "Job": ("job", "jobs", ("job",)),
    "Snapshot": ("snapshot", "snapshots", ("snap",)),
}
"""Name → module, plural, short names; in the order in which they are created."""


class _Kinds(Mapping[str, "Kind"]):
    """The kinds by name, each imported when it is asked for."""

    def __getitem__(self, name: str) -> Kind:
        return _loaded(CATALOGUE[name][0])

    def __contains__(self, name: object) -> bool:
        return name in CATALOGUE

    def __iter__(self) -> Iterator[str]:
        return iter(CATALOGUE)

    def __len__(self) -> int:
        return len(CATALOGUE)


@cache
def _loaded(module: str) -> Kind:
    found: Kind = getattr(import_module(f"pxhelm.kinds.{module}"), module.upper())
    return found


KINDS: Mapping[str, Kind] = _Kinds()
"""By name, in the order in which they are created."""

NAMES: Mapping[str, str] = {
    word: name for name, (_, plural, short) in CATALOGUE.items() for word in (name.lower(), plural, *short)
}
"""What a person may call a kind, in lower case → its name."""

_NAME = ("metadata", "name")


def kind_of(name: str) -> Kind:
    """Return the kind by name, plural or short name, in any case; PxhelmError with a suggestion when there is none."""
    if name.lower() in NAMES:
        return KINDS[NAMES[name.lower()]]
    from pxhelm.resource.domain import DOMAINS

    if name in DOMAINS:
        return DOMAINS[name]
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), NAMES, 1, 0.7)
    hint = f"did you mean {NAMES[near[0]]}?" if near else f"kinds: {', '.join(KINDS)}"
    raise PxhelmError(f"unknown kind {name}", hint=hint)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The resources of several documents and what their author should know."""

    resources: tuple[Resource, ...]
    warnings: tuple[str, ...] = ()
    lints: tuple[PxhelmError, ...] = ()
    """What works, but could be written better; for ``lint`` alone."""


def parse_all(documents: Iterable[Document], default_namespace: str = "default") -> Parsed:
    """Return the resources of manifests in their order, with warnings.

    Raises StageError with every mistake of every document, each with file, line, column and field.
    """
    from pxhelm.resource.lints import unmanaged
    from pxhelm.resource.parse import parse_resource

    resources: list[Resource] = []
    errors: list[PxhelmError] = []
    warnings: list[str] = []
    lints: list[PxhelmError] = []
    seen: dict[ObjectKey, Document] = {}
    claimed: dict[tuple[str, str], Resource] = {}
    for document in _with_members(documents):
        kind = _kind_of_document(document, errors)
        if kind is None:
            continue
        found = parse_resource(kind, document, default_namespace)
        errors += found.errors
        warnings += found.warnings
        lints += found.lints
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
    errors += _moved_wrongly(resources, seen)
    if errors:
        errors = list({(str(e.where), e.message): e for e in errors}.values())  # members of a set share their mistakes
        count = f"{len(errors)} mistakes" if len(errors) > 1 else "a mistake"
        raise StageError(f"cannot use the manifests: {count} in them", tuple(errors))
    return Parsed(tuple(resources), tuple(warnings), (*lints, *unmanaged(resources)))


def _moved_wrongly(resources: Iterable[Resource], documents: Mapping[ObjectKey, Document]) -> list[PxhelmError]:
    """Return what cannot be of the former names that the manifests tell."""
    from pxhelm.resource.moved import ANNOTATION, mistakes

    return [
        PxhelmError(message, where=documents[resource.key].where(("metadata", "annotations", ANNOTATION)), hint=hint)
        for resource, message, hint in mistakes(resources)
    ]


def _with_members(documents: Iterable[Document]) -> Iterator[Document]:
    """Yield the documents, and after a set of guests its members."""
    from pxhelm.manifest import Manifest
    from pxhelm.resource.sets import expanded

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
        from difflib import get_close_matches

        near = get_close_matches(name, KINDS, 1) or [k for k in (NAMES.get(name.lower()),) if k is not None]
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
