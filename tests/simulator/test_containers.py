"""Containers beyond the recorded stories: running ones, and what all readings agree on."""

TEMPLATE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
LXC = "/nodes/pve-node1/lxc"


def make(api, vmid=600, **params):
    assert api.task("POST", LXC, vmid=vmid, ostemplate=TEMPLATE, rootfs="local-lvm:2", **params) == "OK"


def test_config_and_pending_show_one_digest_and_it_is_accepted(api):
    make(api, description="two\nlines", net0="name=eth0,bridge=vmbr0")
    config = api("GET", f"{LXC}/600/config")
    pending = {row["key"]: row.get("value") for row in api("GET", f"{LXC}/600/pending")}
    assert config == pending
    api("PUT", f"{LXC}/600/config", memory=1024, digest=pending["digest"])
    assert api.fails("PUT", f"{LXC}/600/config", memory=2048, digest=pending["digest"])[1].startswith(
        "detected modified"
    )


def test_a_running_container_takes_cores_network_and_name_at_once_and_features_later(api):
    make(api, net0="name=eth0,bridge=vmbr0")
    assert api.task("POST", f"{LXC}/600/status/start") == "OK"
    api(
        "PUT", f"{LXC}/600/config", cores=2, hostname="new", features="nesting=1", net0="name=eth0,bridge=vmbr0,ip=dhcp"
    )
    waiting = [row["key"] for row in api("GET", f"{LXC}/600/pending") if "pending" in row]
    assert waiting == ["features"]
    assert api.task("POST", f"{LXC}/600/status/reboot") == "OK"
    assert [row for row in api("GET", f"{LXC}/600/pending") if "pending" in row] == []


def test_running_ones_are_neither_started_nor_destroyed(api):
    make(api)
    assert api.task("POST", f"{LXC}/600/status/start") == "OK"
    assert api.fails("POST", f"{LXC}/600/status/start")[1] == "CT 600 already running"
    assert api.fails("DELETE", f"{LXC}/600")[1] == "unable to destroy CT 600 - container is running"
    assert api.task("POST", f"{LXC}/600/status/shutdown") == "OK"
    assert api.task("DELETE", f"{LXC}/600") == "OK"


def test_a_template_on_thin_storage_is_cloned_linked(api):
    make(api)
    api("POST", f"{LXC}/600/template")
    assert api.task("POST", f"{LXC}/600/clone", newid=601) == "OK"
    content = {row["volid"]: row for row in api("GET", "/nodes/pve-node1/storage/local-lvm/content")}
    assert content["local-lvm:vm-601-disk-0"]["parent"] == "base-600-disk-0"
    assert api.task("DELETE", f"{LXC}/600").startswith("base volume 'local-lvm:base-600-disk-0' is still in use")


def test_a_volume_grows_and_never_shrinks(api):
    make(api)
    assert api.task("PUT", f"{LXC}/600/resize", disk="rootfs", size="+1G") == "OK"
    assert api("GET", f"{LXC}/600/config")["rootfs"].endswith("size=3G")
    assert api.fails("PUT", f"{LXC}/600/resize", disk="rootfs", size="1G")[1] == "unable to shrink disk size"


def test_a_container_on_local_storage_moves_with_its_volume(api):
    make(api)
    assert api.task("POST", f"{LXC}/600/migrate", target="pve-node2") == "OK"
    assert api("GET", "/nodes/pve-node2/lxc/600/config")["rootfs"] == "local-lvm:vm-600-disk-0,size=2G"
    assert api("GET", "/nodes/pve-node1/storage/local-lvm/content") == []
