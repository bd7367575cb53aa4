"""What the cluster's version lacks is an error of the plan, with the version named."""

import json

import pytest

from pxhelm.plan.gate import refused
from pxhelm.proxmox.request import Request
from pxhelm.proxmox.schema import best
from pxhelm.proxmox.schema.compact import compact
from pxhelm.resource.step import Guard, Step
from pxhelm.secret import Secret


def step(method, path, **params):
    return Step("config", Request(method, path, {k.replace("_", "-"): v for k, v in params.items()}), Guard.DIGEST)


def test_an_option_that_the_version_lacks_is_told_with_the_version_that_has_it():
    wanted = [step("PUT", "/nodes/n/qemu/100/config", allow_ksm=False)]
    assert refused(wanted, "9.2.11") == ""
    assert "allow-ksm needs Proxmox VE 9.2; the server has 8.4.1" in refused(wanted, "8.4.1")


def test_a_key_that_the_version_lacks_is_told():
    wanted = [
        step("POST", "/nodes/n/lxc", vmid=100, ostemplate="local:x", net0="name=eth0,bridge=vmbr0,host-managed=1")
    ]
    assert refused(wanted, "9.2") == ""
    assert refused(wanted, "8.4").startswith("Proxmox VE 8.4 would refuse it: net0.host-managed: property is not")


def test_an_endpoint_that_the_version_lacks_is_told():
    wanted = [step("POST", "/cluster/bulk-action/guest/start", vms=["100"])]
    assert refused(wanted, "9.2") == ""
    assert refused(wanted, "7.4") == "Proxmox VE 7.4 has no POST /cluster/bulk-action/guest/start"


def test_the_servers_own_schema_decides_while_it_is_of_its_version():
    # a patched server: 9.2.99 with a path that no shipped schema has
    tree = {
        "path": "/nodes",
        "children": [{"path": "/nodes/new", "info": {"POST": {"parameters": {"properties": {}}}}}],
    }
    own = compact(json.dumps([tree]), "9.2.99")
    wanted = [step("POST", "/nodes/new")]
    assert refused(wanted, "9.2.99", lambda version: best(version, own)) == ""
    assert "has no POST" in refused(wanted, "9.2.98", lambda version: best(version, own))
    assert "has no POST" in refused(wanted, "9.2.99", lambda version: best(version, b"broken"))


def test_an_open_vmid_and_a_secret_are_let_pass():
    assert refused([step("PUT", "/nodes/n/qemu/0/config", cipassword=Secret("x"))], "9.2") == ""


@pytest.mark.parametrize("version", ["7.4", "8.4.1", "9.2.11"])
def test_what_every_version_has_passes(version):
    wanted = [step("POST", "/nodes/n/qemu", vmid=100, cores=2, net0="virtio,bridge=vmbr0", scsi0="local:10")]
    assert refused(wanted, version) == ""
