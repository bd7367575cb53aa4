"""Containers on the simulated cluster, step by step."""

import pytest

from .conftest import resource

GIB = 1 << 30
IMAGE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
SPEC = f"""{{node: pve-node2, template: "{IMAGE}", rootfs: {{storage: local-lvm, size: 8G}}, networks: [{{bridge: vmbr0, ip: dhcp}}]}}"""


def ct(spec, name="dns"):
    return resource(f"apiVersion: proxmox.io/v1\nkind: Container\nmetadata: {{name: {name}}}\nspec: {spec}\n")


def config(cluster, vmid=20001):
    node = next(r["node"] for r in cluster.call("GET", "/cluster/resources", type="vm") if r["vmid"] == vmid)
    return cluster.call("GET", f"/nodes/{node}/lxc/{vmid}/config")


def made(cluster, apply_to, spec):
    it = apply_to(cluster, ct(spec))
    it.apply()
    cluster.sent.clear()
    return it


def test_a_container_is_created_and_started_and_then_nothing_is_left(cluster, apply_to):
    it = apply_to(cluster, ct(SPEC))
    planned = it.steps()
    assert dict(planned[0].request.params) == {
        "vmid": 20001,
        "hostname": "dns",
        "description": "<!-- pxhelm:1 i=inst-1 u=7d4f1b52-6a3c-4c55-9d0e-0f5a3f2b7a11 v=20001 o=op1 -->",
        "ostemplate": IMAGE,
        "rootfs": "local-lvm:8",
        "net0": "name=eth0,bridge=vmbr0,ip=dhcp",
    }
    assert it.apply() == [s.verb for s in planned] == ["create", "start"]
    assert it.changes() == {}
    live = it.observe()
    assert (live.node, live.power, live.uuid, live.marker.uid) == ("pve-node2", "running", "", it.target.uid)


def test_a_root_file_system_is_never_sent_again(cluster, apply_to):
    it = made(cluster, apply_to, SPEC)
    it.wanted = ct(SPEC.replace("8G", "10G").replace("rootfs", "memory: {size: 1G, swap: 0}, cpu: {cores: 2}, rootfs"))
    planned = it.steps()
    assert [s.verb for s in planned] == ["config", "resize"]
    assert "rootfs" not in planned[0].request.params
    assert planned[1].request.params["size"] == "10G"
    assert {c.effect.label for c in it.change(it.observe()).changes} == {"online"}
    assert it.apply() == ["config", "resize"]
    assert it.changes() == {}


def test_a_mount_point_is_added_and_later_detached(cluster, apply_to):
    it = made(cluster, apply_to, SPEC)
    it.wanted = ct(
        SPEC.replace("networks", "mounts: [{path: /srv, storage: local-lvm, size: 2G, backup: true}], networks")
    )
    (step,) = it.steps()
    assert step.request.params["mp0"] == "local-lvm:2,mp=/srv,backup=1"
    assert it.apply() == ["config"]
    assert it.changes() == {}
    it.wanted = ct(SPEC)
    assert [s.request.params["delete"] for s in it.steps()] == ["mp0"]


def test_a_network_card_keeps_its_mac(cluster, apply_to):
    it = made(cluster, apply_to, SPEC)
    mac = config(cluster)["net0"].split("hwaddr=")[1].split(",")[0]
    it.wanted = ct(SPEC.replace("ip: dhcp", "ip: 10.0.0.5/24, gateway: 10.0.0.1"))
    assert it.apply() == ["config"]
    assert f"hwaddr={mac}" in config(cluster)["net0"]
    assert it.changes() == {}


def test_a_privileged_container_is_never_made_of_an_unprivileged_one_in_place(cluster, apply_to):
    it = made(cluster, apply_to, SPEC)
    it.wanted = ct(SPEC.replace("node:", "unprivileged: false, node:"))
    assert [(c.path, c.effect.label) for c in it.change(it.observe()).changes] == [("unprivileged", "replace")]


def test_a_new_image_is_provenance_and_no_change(cluster, apply_to):
    it = made(cluster, apply_to, SPEC)
    it.wanted = ct(SPEC.replace("12.7-1", "12.8-1"))
    assert it.apply() == []


def test_moving_the_root_file_system_of_a_running_container_is_refused_until_it_is_allowed(cluster, apply_to):
    it = made(cluster, apply_to, SPEC)
    it.wanted = ct(SPEC.replace("local-lvm", "shared"))
    change = it.change(it.observe())
    assert [(c.path, c.effect.label) for c in change.changes] == [("rootfs.storage", "offline-op")]
    assert "while the container is stopped" in it.kind.refuse(change)
    assert it.kind.refuse(it.change(it.observe(), **{"allow-offline": True})) == ""
    assert [s.verb for s in it.steps()] == ["shutdown", "move", "start"]


def test_removal(cluster, apply_to):
    it = made(cluster, apply_to, SPEC)
    it.wanted = None
    assert it.apply() == ["tombstone", "shutdown", "destroy"]
    assert it.observe().existence.value == "absent"


@pytest.mark.parametrize("name", ["dns.example.net", "a"])
def test_the_name_is_the_hostname(cluster, apply_to, name):
    it = apply_to(cluster, ct(SPEC, name))
    it.apply()
    assert config(cluster)["hostname"] == name


def test_a_clone_of_a_container_template(cluster, apply_to):
    first = apply_to(cluster, ct(SPEC.replace("node:", "isTemplate: true, node:"), "golden"), vmid=20000)
    assert first.apply() == ["create", "convert"]
    it = apply_to(cluster, ct("{source: {clone: {name: golden}}, memory: 1G, rootfs: {storage: local-lvm, size: 9G}}"))
    planned = it.steps()
    assert [s.verb for s in planned] == ["clone", "config", "resize", "start"]
    assert planned[0].request.params["hostname"] == "dns"
    assert it.apply()[0] == "clone"
