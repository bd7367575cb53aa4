"""What a version lacks of an object is told by ``lint --pve`` without a cluster, by field and by name."""

import pytest

from pxhelm import kinds
from pxhelm.manifest import load_manifests
from pxhelm.plan.gate import lacking

LACKS = [
    ("8.4", "VirtualMachine", "{memory: 1G, placement: {withConntrackState: true}}", ["placement.withConntrackState"]),
    ("7.4", "VirtualMachine", "{memory: 1G, machine: {type: q35, viommu: intel}}", ["machine.viommu"]),
    ("8.4", "VirtualMachine", "{memory: 1G, efiDisk: {storage: local, msCert: '2023'}}", ["efiDisk.msCert"]),
    ("7.4", "BackupJob", "{schedule: daily, guests: {all: true}, fleecing: {enabled: true}}", ["fleecing.enabled"]),
    ("7.4", "NodeConfig", "{wakeOnLAN: {mac: 'BC:24:11:00:00:01', bindInterface: eno1}}", ["wakeOnLAN.bindInterface"]),
    ("8.4", "MetricServer", "{type: graphite, server: a, port: 1, otelTimeout: 3}", ["otelTimeout"]),
    ("7.4", "ClusterOptions", "{notify: {fencing: never}}", ["notify.fencing"]),
    ("7.4", "PCIMapping", "{map: [{node: a, path: '0000:01:00', id: '1:2'}]}", ["has no pcimappings"]),
    ("8.4", "CPUModel", "{reportedModel: kvm64}", ["has no cpumodels"]),
    ("8.4", "HARule", "{type: resource-affinity, affinity: negative, guests: {names: [a, b]}}", ["came with 9"]),
    (
        "7.4",
        "Firewall",
        "{target: {node: pve1}, logForward: info, nftables: true}",
        ["does not have logForward, nftables"],
    ),
    ("7.4", "Firewall", "{target: {vnet: dmz}, enabled: true}", ["has no firewall of a vnet"]),
    (
        "7.4",
        "Image",
        "{storage: a, content: import, filename: b, source: {url: 'https://x/b', decompress: gz}}",
        ["does not have source.decompress, content import"],
    ),
    ("8.4", "Image", "{storage: a, content: vztmpl, filename: b, source: {oci: 'x/b:1'}}", ["have source.oci"]),
    ("9.2", "Storage", "{type: glusterfs, server: a, config: {volume: v}}", ["of type glusterfs"]),
    ("7.4", "Storage", "{type: esxi, server: a, username: b}", ["of type esxi"]),
    ("7.4", "Pool", "{id: a/b}", ["has no pools in pools"]),
    ("8.4", "Storage", "{type: dir, path: /a, snapshotAsVolumeChain: true}", ["snapshotAsVolumeChain"]),
    ("8.4", "Realm", "{type: openid, issuerURL: 'https://i', clientID: a, audiences: b}", ["audiences"]),
    ("7.4", "Network", "{type: bridge, nodes: all, bridge: {vids: [2-9]}}", ["bridge.vids"]),
    ("7.4", "Firewall", "{target: {cluster: true}, policyForward: DROP}", ["does not have policyForward"]),
    ("8.4", "VirtualMachine", "{memory: 1G, ha: {state: started, failback: false}}", ["failback needs Proxmox VE 9.2"]),
    (
        "7.4",
        "Container",
        "{template: 'local:vztmpl/a.tar.zst', rootfs: {storage: a, size: 1G}, firewall: {rules: {a: {type: forward, action: DROP}}}}",
        ["'forward'"],
    ),
    ("7.4", "MetricServer", "{type: opentelemetry, server: a, port: 1}", ["'opentelemetry'"]),
]
HAS = [
    ("8.4", "Storage", "{type: glusterfs, server: a, config: {volume: v, server2: b, transport: tcp}}"),
    ("7.4", "VirtualMachine", "{memory: 1G, agent: {enabled: true, freezeFS: false}}"),
    ("8.4", "HARule", "{type: node-affinity, nodes: {a: 1}, guests: {names: [a]}}"),
    ("7.4", "NodeConfig", "{wakeOnLAN: {mac: 'BC:24:11:00:00:01'}}"),
    ("7.4", "Snapshot", "{guest: web}"),
    ("7.4", "BackupJob", "{schedule: daily, guests: {names: [web]}}"),
    ("9.2", "CPUModel", "{reportedModel: kvm64}"),
]
NAMES = {"ClusterOptions": "cluster", "Network": "vmbr7"}


def found(version, kind, spec):
    text = f"apiVersion: proxmox.io/v1\nkind: {kind}\nmetadata: {{name: {NAMES.get(kind, 'it')}}}\nspec: {spec}\n"
    (resource,) = kinds.parse(load_manifests(text, "it.yaml"))
    return lacking(kinds.KINDS[kind], resource, version)


@pytest.mark.parametrize(("version", "kind", "spec", "words"), LACKS)
def test_what_a_version_lacks_is_told_with_its_place(version, kind, spec, words):
    errors = found(version, kind, spec)
    assert len(errors) == len(words)
    for error, word in zip(errors, words, strict=True):
        assert word in error.message
        assert f"Proxmox VE {version}" in error.message
        assert error.where.file == "it.yaml"


@pytest.mark.parametrize(("version", "kind", "spec"), HAS)
def test_what_a_version_has_is_not_told(version, kind, spec):
    assert found(version, kind, spec) == ()
