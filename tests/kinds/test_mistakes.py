"""What no cluster would take is told of the manifest: with file, line and field, before any cluster is asked."""

import pytest

from pxhelm import kinds
from pxhelm.errors import StageError
from pxhelm.manifest import load_manifests


def mistakes(kind, name, spec):
    text = f"apiVersion: proxmox.io/v1\nkind: {kind}\nmetadata: {{name: '{name}'}}\nspec: {spec}\n"
    try:
        kinds.parse(load_manifests(text, "m.yaml"))
    except StageError as stage:
        return {f"{error.where.line}: {error.where.field}": error.message for error in stage.errors}
    return {}


RULE = "{name: a, type: in, action: ACCEPT"


@pytest.mark.parametrize(
    ("kind", "name", "spec", "where", "message"),
    [
        ("Pool", "a", "{id: a/b/c/d}", "4: spec.id", "up to three names"),
        ("Pool", "a b", "{}", "3: metadata.name", "up to three names"),
        ("SecurityGroup", "more-than-18-letters", "{}", "3: metadata.name", "2 to 18 characters"),
        ("Storage", "9nas", "{type: dir, path: /a}", "3: metadata.name", "a letter first"),
        ("User", "alice", "{}", "3: metadata.name", "NAME@REALM"),
        (
            "User",
            "a@ldap",
            "{password: {valueFrom: {env: A}}}",
            "4: spec.password",
            "realm pve alone, and this is a@ldap",
        ),
        ("APIToken", "a@pve", "{}", "3: metadata.name", "USER@REALM!ID"),
        ("APIToken", "t", "{user: a@pve, tokenID: 1}", "4: spec.tokenID", "tokenID"),
        (
            "APIToken",
            "a@pve!t1",
            "{writeTo: {file: a, secretRef: {name: b, key: c}}}",
            "4: spec.writeTo",
            "both file and secretRef",
        ),
        ("ACL", "a", "{path: /, subjects: [{group: g}]}", "4: spec.roles", "an ACL needs roles"),
        ("ACL", "a", "{path: /, roles: [PVEAdmin]}", "4: spec.subjects", "an ACL needs subjects"),
        ("Network", "vmbr-1", "{type: bridge, nodes: all}", "3: metadata.name", "letters, digits or _"),
        ("Network", "vmbr1", "{type: bridge}", "4: spec.nodes", "needs nodes"),
        ("Network", "vmbr1", "{nodes: all}", "4: spec.type", "needs a type"),
        (
            "Network",
            "vmbr1",
            "{type: bridge, nodes: all, cidr: 10.0.0.1}",
            "4: spec.cidr",
            "no prefix length",
        ),
        ("Network", "vmbr1", "{type: bridge, nodes: all, mtu: 100}", "4: spec.mtu", "at least 1280"),
        (
            "Network",
            "bond0",
            "{type: bond, nodes: all, bond: {mode: rr}}",
            "4: spec.bond.mode",
            "one of balance-rr",
        ),
        ("Image", "a", "{storage: local, filename: a.iso}", "4: spec.content", "needs content"),
        (
            "Image",
            "a",
            "{storage: local, content: iso, source: {url: 'https://x/a', file: b}}",
            "4: spec.source.file",
            "one source, not url and file",
        ),
        (
            "Image",
            "a",
            "{storage: local, content: iso, source: {url: 'https://x'}}",
            "4: spec.filename",
            "needs a filename",
        ),
        ("FirewallAlias", "nas", "{cidr: 10.0.0}", "4: spec.cidr", "an address or a network"),
        ("Firewall", "a", "{enabled: true}", "4: spec.target", "needs one target"),
        ("Firewall", "a", "{target: {cluster: true, node: n1}}", "4: spec.target", "needs one target"),
        (
            "Firewall",
            "a",
            "{target: {cluster: true}, macFilter: true}",
            "4: spec.macFilter",
            "of a cluster has no",
        ),
        (
            "Firewall",
            "a",
            "{target: {node: n1}, ipsets: {x: [10.0.0.1]}}",
            "4: spec.ipsets.x",
            "of a node has no ipsets",
        ),
        ("SecurityGroup", "web", "{rules: [{name: a, dport: 22}]}", "4: spec.rules[0]", "needs type and action"),
        (
            "SecurityGroup",
            "web",
            "{rules: {a: {type: in, group: b}}}",
            "4: spec.rules.a",
            "takes in a group and says",
        ),
        ("SecurityGroup", "web", f"{{rules: [{RULE}, dport: 70000}}]}}", "4: spec.rules[0].dport", "no port"),
        ("SecurityGroup", "web", f"{{rules: [{RULE}, dport: '90:80'}}]}}", "4: spec.rules[0].dport", "no port"),
        (
            "SecurityGroup",
            "web",
            f"{{rules: [{RULE}, source: 10.0.0.300}}]}}",
            "4: spec.rules[0].source",
            "no address",
        ),
        (
            "VirtualMachine",
            "web",
            "{firewall: {rules: [{name: a, action: DROP}]}}",
            "4: spec.firewall.rules[0]",
            "needs type",
        ),
    ],
)
def test_what_no_cluster_takes_is_told_with_its_place(kind, name, spec, where, message):
    found = mistakes(kind, name, spec)
    assert list(found) == [where]
    assert message in found[where]


@pytest.mark.parametrize(
    ("kind", "name", "spec"),
    [
        ("Pool", "a", "{id: a/b/c}"),
        ("Network", "vlan", "{iface: bond0.100, type: vlan, nodes: all, cidr6: fd00::1/64, gateway6: 'fe80::1'}"),
        ("SecurityGroup", "web", "{rules: [{name: a, group: b}]}"),
        (
            "SecurityGroup",
            "web",
            f"{{rules: [{RULE}, source: [10.0.0.1-10.0.0.9, nas, +dc/x, 'fd00::/64'], dport: [ssh, '80:90']}}]}}",
        ),
        ("Firewall", "a", "{target: {guest: web}, ipsets: {x: [10.0.0.1]}, aliases: {y: 10.0.0.2}}"),
        ("Realm", "corp", "{comment: only what is said}"),
    ],
)
def test_what_a_cluster_takes_is_no_mistake(kind, name, spec):
    assert mistakes(kind, name, spec) == {}


def lints(kind, name, spec):
    text = f"apiVersion: proxmox.io/v1\nkind: {kind}\nmetadata: {{name: '{name}'}}\nspec: {spec}\n"
    return [
        (each.where.field, each.message.partition(":")[0]) for each in kinds.parse_all(load_manifests(text, "m")).lints
    ]


ON = "firewall: {enabled: true}"


@pytest.mark.parametrize(
    ("kind", "name", "spec", "found"),
    [
        ("VirtualMachine", "web", f"{{{ON}, networks: {{net0: {{bridge: vmbr0}}}}}}", [("spec.networks.net0", "W105")]),
        ("Container", "web", f"{{{ON}, networks: {{net0: {{bridge: vmbr0}}}}}}", [("spec.networks.net0", "W105")]),
        ("VirtualMachine", "web", f"{{{ON}, networks: {{net0: {{bridge: vmbr0, firewall: false}}}}}}", []),
        ("VirtualMachine", "web", "{networks: {net0: {bridge: vmbr0}}}", []),
        ("APIToken", "a@pve!ci", "{}", [("spec.writeTo", "W106")]),
        ("APIToken", "a@pve!ci", "{writeTo: {file: token}}", []),
        ("SecurityGroup", "web", "{rules: [{group: a}]}", [("spec", "W103")]),
    ],
)
def test_what_works_and_is_hardly_meant_is_a_lint(kind, name, spec, found):
    assert lints(kind, name, spec) == found
