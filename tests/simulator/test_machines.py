"""Machines on a seeded cluster: clones of the template, disks, pending changes, migration."""

from pxhelm.simulator.invariants import consistent

QEMU = "/nodes/pve-node1/qemu"


def test_the_template_is_cloned_linked_on_any_node_and_full_anywhere(api):
    assert api.task("POST", f"{QEMU}/9000/clone", newid=300, name="web", target="pve-node2") == "OK"
    config = api("GET", "/nodes/pve-node2/qemu/300/config")
    assert config["scsi0"] == "shared:base-9000-disk-0/vm-300-disk-0,size=3G"
    assert "template" not in config
    assert api.task("POST", f"{QEMU}/9000/clone", newid=301, full=1, storage="local-lvm") == "OK"
    assert api("GET", f"{QEMU}/301/config")["scsi0"] == "local-lvm:vm-301-disk-0,size=3G"
    original = api("GET", f"{QEMU}/9000/config")
    assert len({c["net0"] for c in (original, config, api("GET", f"{QEMU}/301/config"))}) == 3


def test_a_template_with_linked_clones_stays(api):
    api("POST", f"{QEMU}/9000/clone", newid=300)
    assert "still in use by linked cloned" in api.task("DELETE", f"{QEMU}/9000")
    api("DELETE", f"{QEMU}/300")
    assert api.task("DELETE", f"{QEMU}/9000") == "OK"


def test_a_disk_is_allocated_with_every_write_of_a_size(api):
    api("POST", QEMU, vmid=300, scsi0="local-lvm:1")
    api("PUT", f"{QEMU}/300/config", scsi0="local-lvm:1")
    config = api("GET", f"{QEMU}/300/config")
    assert (config["scsi0"], config["unused0"]) == ("local-lvm:vm-300-disk-1,size=1G", "local-lvm:vm-300-disk-0")
    api("PUT", f"{QEMU}/300/config", scsi0="local-lvm:vm-300-disk-1,ssd=1")
    assert api("GET", f"{QEMU}/300/config")["scsi0"] == "local-lvm:vm-300-disk-1,size=1G,ssd=1"


def test_a_running_machine_keeps_memory_pending_until_it_stops(api):
    api("POST", QEMU, vmid=300, memory=512)
    assert api.task("POST", f"{QEMU}/300/status/start") == "OK"
    api("PUT", f"{QEMU}/300/config", memory=1024, name="now")
    rows = {row["key"]: row for row in api("GET", f"{QEMU}/300/pending")}
    assert rows["memory"] == {"key": "memory", "value": "512", "pending": "1024"}
    assert rows["name"] == {"key": "name", "value": "now"}
    assert api.task("POST", f"{QEMU}/300/status/shutdown") == "OK"
    rows = {row["key"]: row for row in api("GET", f"{QEMU}/300/pending")}
    assert rows["memory"] == {"key": "memory", "value": "1024"}


def test_the_cluster_log_tells_of_tasks_and_of_changes_of_machines(api):
    api("POST", QEMU, vmid=300)
    api("PUT", f"{QEMU}/300/config", cores=2, cipassword="canary")
    entries = api("GET", "/cluster/log", max=3)
    assert [e["msg"].split(":")[0] for e in entries] == ["update VM 300", "end task UPID", "starting task UPID"]
    assert entries[0]["msg"] == "update VM 300: -cipassword <hidden> -cores 2"
    assert entries[1]["msg"].endswith("qmcreate:300:root@pam!pxhelm: OK")


def test_local_disks_go_with_a_machine_that_moves(api):
    api("POST", QEMU, vmid=300, scsi0="local-lvm:1")
    assert api.task("POST", f"{QEMU}/300/migrate", target="pve-node3") == "OK"
    assert api("GET", "/nodes/pve-node3/qemu/300/config")["scsi0"] == "local-lvm:vm-300-disk-0,size=1G"
    assert (
        api.fails("GET", f"{QEMU}/300/config")[1]
        == "Configuration file 'nodes/pve-node1/qemu-server/300.conf' does not exist"
    )


def test_a_backup_is_restored_elsewhere_and_over_the_machine(api):
    api("POST", QEMU, vmid=300, scsi0="local-lvm:2", name="saved", net0="virtio,bridge=vmbr0")
    assert api.task("POST", "/nodes/pve-node1/vzdump", vmid=300, storage="local", compress="zstd") == "OK"
    volid = api("GET", "/nodes/pve-node1/storage/local/content", content="backup")[0]["volid"]
    assert api.task("POST", QEMU, vmid=301, archive=volid, storage="shared", unique=1) == "OK"
    old, new = (api("GET", f"{QEMU}/{vmid}/config") for vmid in (300, 301))
    assert (new["name"], new["scsi0"]) == ("saved", "shared:vm-301-disk-0,size=2G")
    assert old["net0"] != new["net0"]
    assert "already exists" in api.fails("POST", QEMU, vmid=300, archive=volid)[1]
    assert api.task("POST", QEMU, vmid=300, archive=volid, force=1) == "OK"
    assert consistent(api.simulator.truth()) == []


def test_a_backup_is_restored_over_a_machine_with_a_cloud_init_drive_and_one_more_disk(api):
    api("POST", QEMU, vmid=300, scsi0="local-lvm:2", ide2="local-lvm:cloudinit", name="saved")
    assert api.task("POST", "/nodes/pve-node1/vzdump", vmid=300, storage="local", compress="zstd") == "OK"
    volid = api("GET", "/nodes/pve-node1/storage/local/content", content="backup")[0]["volid"]
    api("PUT", f"{QEMU}/300/config", scsi1="local-lvm:3", name="changed")
    assert api.task("POST", QEMU, vmid=300, archive=volid, force=1) == "OK"
    conf = api("GET", f"{QEMU}/300/config")
    assert (conf["name"], conf["ide2"]) == ("saved", "local-lvm:vm-300-cloudinit,media=cdrom")
    assert conf["unused0"] == "local-lvm:vm-300-disk-1"
    assert consistent(api.simulator.truth()) == []


def test_the_same_seed_gives_the_same_cluster(api_at):
    one, two = (api_at(time_scale=0, guests=5, seed=3, clock=lambda: 1e9) for _ in range(2))
    assert one.simulator.truth() == two.simulator.truth()


def test_a_thousand_guests_are_listed_in_time(api_at):
    import time

    api = api_at(time_scale=0, guests=1000)
    api("GET", "/cluster/resources")
    took = []
    for _ in range(3):
        began = time.process_time()
        assert len(api("GET", "/cluster/resources", type="vm")) == 1001
        took.append(time.process_time() - began)
    assert min(took) < 0.1  # 20 ms where it was measured
