"""A client that others wrote, proxmoxer, works with the simulated cluster over HTTPS as with a real one."""

import json
import subprocess
import sys
import time

import pytest
import urllib3
from proxmoxer import ProxmoxAPI, ResourceException
from proxmoxer.tools import Tasks

from pxhelm.simulator.seed import CONTAINER_TEMPLATE, PASSWORD, TOKEN

HERE, THERE = "pve-node1", "pve-node2"
urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A simulator in a process of its own; with ``caFile`` for those who look at certificates."""
    state = tmp_path_factory.mktemp("proxmoxer") / "cluster.db"
    command = ["simulate", "--port", "0", "--state", str(state), "--time-scale", "0.01", "-o", "json"]
    child = subprocess.Popen([sys.executable, "-m", "pxhelm", *command], stdout=subprocess.PIPE, text=True)
    told = json.loads(child.stdout.readline())
    yield told
    child.terminate()
    child.wait(timeout=10)
    child.stdout.close()


@pytest.fixture(scope="module")
def api(address):
    name, secret = TOKEN.partition("!")[2].split("=")
    host = address["url"].removeprefix("https://")
    return ProxmoxAPI(host, user="root@pam", token_name=name, token_value=secret, verify_ssl=address["caFile"])


def done(api, upid):
    """Wait for a task; it ended well, and its log can be read."""
    until = time.monotonic() + 20
    while (status := api.nodes(Tasks.decode_upid(upid)["node"]).tasks(upid).status.get())["status"] == "running":
        assert time.monotonic() < until, upid
        time.sleep(0.02)
    log = Tasks.decode_log(api.nodes(Tasks.decode_upid(upid)["node"]).tasks(upid).log.get())
    assert (status["exitstatus"], log.splitlines()[-1]) == ("OK", "TASK OK"), log


def names(api):
    return {guest["vmid"]: (guest["node"], guest["status"]) for guest in api.cluster.resources.get(type="vm")}


def test_a_machine_lives_its_whole_life(api):
    vmid = int(api.cluster.nextid.get())
    here = api.nodes(HERE).qemu
    done(api, here.post(vmid=vmid, name="web", cores=1, memory=512, net0="virtio,bridge=vmbr0", scsi0="shared:2"))
    machine = here(vmid)
    done(api, machine.config.post(cores=2, description="made by proxmoxer", onboot=1))
    machine.config.put(tags="a;b", delete="onboot")
    config = machine.config.get()
    assert (config["cores"], config["tags"], "onboot" in config) == (2, "a;b", False)
    done(api, machine.resize.put(disk="scsi0", size="+1G"))
    assert "size=3G" in machine.config.get()["scsi0"]
    done(api, machine.status.start.post())
    assert machine.status.current.get()["status"] == "running"
    done(api, machine.snapshot.post(snapname="before", description="two words"))
    assert [each["name"] for each in machine.snapshot.get()] == ["before", "current"]
    done(api, machine.snapshot("before").rollback.post())
    assert machine.status.current.get()["status"] == "stopped"  # the snapshot holds no memory
    done(api, machine.snapshot("before").delete())
    done(api, machine.status.start.post())
    done(api, machine.clone.post(newid=vmid + 1, name="twin", full=1))
    assert names(api)[vmid + 1] == (HERE, "stopped")
    done(api, here(vmid + 1).migrate.post(target=THERE))
    assert names(api)[vmid + 1][0] == THERE
    with pytest.raises(ResourceException, match=r"500 Internal Server Error: VM .* is running"):
        here(vmid).delete()
    done(api, machine.status.stop.post())
    done(api, here(vmid).delete(purge=1))
    done(api, api.nodes(THERE).qemu(vmid + 1).delete())
    assert not {vmid, vmid + 1} & set(names(api))


def test_a_container_lives_its_whole_life(api):
    vmid = int(api.cluster.nextid.get())
    here = api.nodes(HERE).lxc
    done(
        api,
        here.post(
            vmid=vmid,
            hostname="box",
            ostemplate=CONTAINER_TEMPLATE,
            rootfs="shared:2",
            password="correct horse",
            net0="name=eth0,bridge=vmbr0,ip=dhcp",
        ),
    )
    box = here(vmid)
    box.config.put(memory=1024, cores=2)
    assert (box.config.get()["memory"], box.config.get()["cores"]) == (1024, 2)
    done(api, box.status.start.post())
    assert box.status.current.get()["status"] == "running"
    done(api, box.status.stop.post())
    done(api, box.snapshot.post(snapname="before"))
    done(api, box.clone.post(newid=vmid + 1, hostname="twin", full=1, snapname="before"))
    done(api, here(vmid + 1).migrate.post(target=THERE))
    assert names(api)[vmid + 1][0] == THERE
    done(api, box.snapshot("before").delete())
    done(api, box.delete())
    done(api, api.nodes(THERE).lxc(vmid + 1).delete())
    assert not {vmid, vmid + 1} & set(names(api))


def test_a_file_is_uploaded(api, tmp_path):
    file = tmp_path / "tiny.iso"
    file.write_bytes(b"iso" * 1000)
    with file.open("rb") as stream:
        done(api, api.nodes(HERE).storage("local").upload.post(content="iso", filename=stream))
    listed = {row["volid"]: row["size"] for row in api.nodes(HERE).storage("local").content.get(content="iso")}
    assert listed["local:iso/tiny.iso"] == 3000


def test_a_password_signs_in_and_wrong_parameters_are_told(address):
    host = address["url"].removeprefix("https://")
    api = ProxmoxAPI(host, user="root@pam", password=PASSWORD, verify_ssl=address["caFile"])
    assert api.version.get()["release"].startswith("9.")
    with pytest.raises(ResourceException) as caught:
        api.nodes(HERE).qemu.post(vmid="abc", nonsense=1)
    assert caught.value.status_code == 400
    assert set(caught.value.errors) == {"vmid", "nonsense"}
