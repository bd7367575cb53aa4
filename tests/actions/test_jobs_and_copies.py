"""Backup jobs, replication and snapshots as ``get`` shows them and as they go: each knows more than its configuration says."""

import base64
import json

import pytest

from pxhelm.actions import objects
from pxhelm.actions.asked import with_answers
from pxhelm.actions.describe import describe
from pxhelm.actions.inspect import Query, find, find_one
from pxhelm.apply.planning import PlanRequest
from pxhelm.cli.views.objects import Look, document, table_of
from pxhelm.errors import StageError
from pxhelm.kinds import KINDS
from pxhelm.resource.export import importable, spec_of_leaves
from pxhelm.secret import Secret

HEAD = "apiVersion: proxmox.io/v1\nkind: {}\nmetadata: {{name: {}}}\nspec: {}\n"
ON_ZFS = "{node: pve-node1, memory: 512, disks: {scsi0: {storage: tank, size: 4G}}}"
NODES = ["GET /api2/json/nodes/pve-node1/replication"]


def manifest(kind, name, spec):
    return HEAD.format(kind, name, spec)


def planned(lab, text):
    resources = objects.parse_text(lab.services, text, "test.yaml")
    return objects.plan_resources(lab.services, resources, PlanRequest(manager=objects.MANAGER))


def cells(lab, kind, name):
    found = find(lab.services, Query((kind,), (name,)))
    titles, (row,) = table_of(kind, found, Look(0.0))
    return dict(zip(titles, row, strict=True))


@pytest.fixture
def replicated(lab):
    lab.api("POST", "/storage", storage="tank", type="zfspool", pool="tank")
    lab.apply(manifest("VirtualMachine", "db", ON_ZFS))
    lab.apply(manifest("ReplicationJob", "two", "{guest: db, target: pve-node2}"))
    lab.apply(manifest("ReplicationJob", "three", "{guest: db, target: pve-node3, number: 1, enabled: false}"))


def test_a_job_that_names_several_guests_is_listed(lab):
    lab.apply(manifest("VirtualMachine", "db", "{memory: 512}"))
    lab.apply(manifest("VirtualMachine", "web", "{memory: 512}"))
    lab.apply(manifest("BackupJob", "nightly", "{schedule: '02:00', storage: local, guests: {names: [db, web]}}"))
    guests = {one.name: one.vmid for one in find(lab.services, Query(("VirtualMachine",)))}
    assert cells(lab, "BackupJob", "nightly")["GUESTS"] == f"{guests['db']},{guests['web']}"
    assert find_one(lab.services, ("BackupJob",), "nightly").vmid == 0


def test_the_node_of_a_guest_is_asked_once_for_all_its_copies(lab, replicated):
    with lab.counted() as requests:
        shown = cells(lab, "ReplicationJob", "two")
    assert [each for each in requests if each.endswith("/replication") and "/nodes/" in each] == NODES
    assert (shown["SCHEDULE"], shown["TARGET"], shown["LASTSYNC"]) == ("*/15", "pve-node2", "-")


def test_a_snapshot_that_is_not_there_says_nothing_of_its_memory(lab):
    assert [column.value({}) for column in KINDS["Snapshot"].columns] == ["", "", "", ""]
    assert [column.value({}) for column in KINDS["ReplicationJob"].columns] == ["", "", "", ""]


@pytest.mark.usefixtures("replicated")
def test_what_a_backup_job_takes_is_told_when_it_is_named(lab):
    lab.apply(manifest("BackupJob", "all", "{schedule: '02:00', storage: local, guests: {all: true}}"))
    (one,) = with_answers(lab.services, find(lab.services, Query(("BackupJob",), ("all",))))
    assert "db" in [guest["name"] for guest in document(one)["status"]["guests"]]


def test_targets_tell_where_they_send_and_nodes_what_they_are_told(lab):
    target = "{type: gotify, server: 'https://push.example.net', token: {valueFrom: {env: TOKEN}}}"
    lab.services.read_secret = lambda source: Secret(f"value of {source}")
    lab.apply(manifest("NotificationTarget", "push", target))
    assert cells(lab, "NotificationTarget", "push")["SERVER"] == "https://push.example.net"
    assert cells(lab, "NotificationTarget", "mail-to-root")["SERVER"] == "-"
    lab.apply(manifest("NodeConfig", "pve-node1", "{timezone: Europe/Berlin, dns: {servers: [10.0.0.53, 10.0.0.54]}}"))
    shown = cells(lab, "NodeConfig", "pve-node1")
    assert (shown["TIMEZONE"], shown["DNS"]) == ("Europe/Berlin", "10.0.0.53,10.0.0.54")


@pytest.mark.parametrize(
    ("kind", "spec", "why"),
    [
        ("BackupJob", "{schedule: daily, storage: nope, guests: {all: true}}", "there is no storage nope"),
        ("BackupJob", "{schedule: daily, storage: local-lvm, guests: {all: true}}", "does not take backup"),
        ("BackupJob", "{schedule: daily, node: pve9, storage: local, guests: {all: true}}", "there is no node pve9"),
        ("DirMapping", "{map: [{node: pve9, path: /srv}]}", "there is no node pve9"),
        ("ReplicationJob", "{guest: db, target: pve9}", "there is no node pve9"),
        ("ReplicationJob", "{guest: db, target: pve-node1}", "is on pve-node1 itself"),
        ("HARule", "{type: node-affinity, nodes: {pve9: 1}, guests: {names: [db]}}", "there is no node pve9"),
        ("HARule", "{type: resource-affinity, affinity: positive, guests: {names: [db]}}", "two guests or more"),
    ],
)
def test_what_the_cluster_lacks_is_said_before_anything_is_written(lab, kind, spec, why):
    lab.apply(manifest("VirtualMachine", "db", "{node: pve-node1, memory: 512}"))
    (blocked,) = planned(lab, manifest(kind, "it", spec)).plan.blocked
    assert why in blocked.message


def test_a_storage_that_the_same_plan_makes_is_not_missing(lab):
    job = manifest("BackupJob", "it", "{schedule: daily, storage: nas, guests: {all: true}}")
    nas = manifest("Storage", "nas", "{type: dir, path: /srv/nas, content: [backup]}")
    assert planned(lab, f"{job}---\n{nas}").plan.blocked == ()


@pytest.mark.parametrize(
    ("spec", "name", "why"),
    [
        ("{guest: db}", "a", "cannot call a Snapshot 'a'"),
        ("{guest: db, id: has.dot}", "it", "cannot call a Snapshot 'has.dot'"),
        ("{guest: db}", "current", "the guest itself current"),
        ("{description: of nobody}", "it", "a Snapshot needs guest"),
    ],
)
def test_a_snapshot_that_cannot_be_is_told_of_the_manifest(lab, spec, name, why):
    with pytest.raises(StageError) as caught:
        planned(lab, manifest("Snapshot", name, spec))
    assert why in caught.value.errors[0].message


def test_a_job_of_days_and_time_has_a_schedule(lab):
    lab.api("POST", "/cluster/backup", id="old", dow="mon,tue", starttime="02:30", all="1", storage="local")
    lab.api("POST", "/cluster/backup", id="daily", starttime="03:00", all="1", storage="local")
    shown = [cells(lab, "BackupJob", name)["SCHEDULE"] for name in ("old", "daily")]
    assert shown == ["mon,tue 02:30", "03:00"]
    (live,) = [describe(lab.services, find_one(lab.services, ("BackupJob",), "old")).live]
    assert live.intended["schedule"] == "mon,tue 02:30"
    assert not [path for path in live.intended if path.startswith("config.")]


def test_a_machine_uses_a_cpu_model_of_the_same_manifests(lab):
    model = manifest("CPUModel", "mine", "{reportedModel: Skylake-Server}")
    lab.apply(f"{model}---\n{manifest('VirtualMachine', 'web', '{memory: 512, cpu: {type: custom-mine}}')}")
    web = find_one(lab.services, ("VirtualMachine",), "web")
    assert lab.api("GET", f"/nodes/{web.row['node']}/qemu/{web.vmid}/config")["cpu"] == "custom-mine"


@pytest.mark.parametrize(
    ("kind", "spec", "why"),
    [
        ("BackupJob", "{schedule: daily, guests: {all: true}, config: {id: other}}", "cannot be set raw"),
        ("BackupJob", "{schedule: daily, guests: {all: true}, config: {shedule: x}}", "did you mean schedule?"),
        ("BackupJob", "{schedule: daily, guests: {all: true}, comment: a, config: {comment: b}}", "comment"),
        ("MetricServer", "{type: graphite, server: a, port: 1, config: {mtu: none}}", "must be a whole number"),
    ],
)
def test_raw_parameters_are_held_to_the_schema(lab, kind, spec, why):
    with pytest.raises(StageError) as caught:
        planned(lab, manifest(kind, "it", spec))
    assert why in caught.value.errors[0].message


MADE = [
    (
        "NotificationTarget",
        "/cluster/notifications/endpoints/webhook",
        {"name": "hook", "url": "https://a/b", "method": "post"},
    ),
    (
        "NotificationTarget",
        "/cluster/notifications/endpoints/gotify",
        {"name": "push", "server": "https://a", "token": "x"},
    ),
    ("NotificationMatcher", "/cluster/notifications/matchers", {"name": "all", "target": "mail-to-root"}),
    ("MetricServer", "/cluster/metrics/server/graph", {"type": "graphite", "server": "a", "port": "2003"}),
    ("BackupJob", "/cluster/backup", {"id": "old", "starttime": "02:30", "all": "1", "storage": "local", "quiet": "1"}),
    ("PCIMapping", "/cluster/mapping/pci", {"id": "gpu", "map": "node=pve-node1,path=0000:01:00.0,id=10de:1b38"}),
    ("DirMapping", "/cluster/mapping/dir", {"id": "media", "map": "node=pve-node1,path=/srv/media"}),
    ("CPUModel", "/cluster/qemu/custom-cpu-models", {"cputype": "mine", "reported-model": "kvm64"}),
    (
        "Realm",
        "/access/domains",
        {"realm": "corp", "type": "ldap", "server1": "a", "base_dn": "dc=a", "user_attr": "uid"},
    ),
    ("SDNZone", "/cluster/sdn/zones", {"zone": "lab", "type": "simple"}),
]


@pytest.mark.parametrize(("kind", "path", "params"), MADE, ids=lambda each: str(each)[:60])
def test_what_somebody_else_made_is_stated_by_a_manifest_that_is_valid_and_changes_nothing(lab, kind, path, params):
    if "webhook" in path:
        params = {**params, "secret": "name=token,value=" + base64.b64encode(b"x").decode()}
    lab.api("POST", path, **params)
    name = next((params[key] for key in ("name", "id", "cputype", "realm", "zone") if key in params), "graph")
    live = describe(lab.services, find_one(lab.services, (kind,), name)).live
    spec = spec_of_leaves(KINDS[kind], importable(KINDS[kind], live.intended))
    text = manifest(kind, name, json.dumps(spec)).replace(
        "{name:", "{annotations: {pxhelm.io/adoption-policy: AdoptIfUnowned}, name:"
    )
    found = planned(lab, text).plan
    assert not found.blocked
    assert [o.steps for o in found.objects if o.key.kind == kind and any(s.leaves for s in o.steps)] == []


def test_what_no_single_field_names_comes_first_too(lab):
    node = manifest("NodeConfig", "pve-node1", "{acme: {domains: [{domain: a.example.net, plugin: dns1}]}}")
    plugin = manifest("ACMEPlugin", "dns1", "{type: dns, api: cf}")
    model = manifest("CPUModel", "mine", "{reportedModel: kvm64}")
    machine = manifest("VirtualMachine", "web", "{memory: 512, cpu: {type: custom-mine}}")
    order = planned(lab, f"{node}---\n{machine}---\n{plugin}---\n{model}").plan.order
    needs = {key.address: [each.address for each in below] for key, below in order.needs.items()}
    assert needs["NodeConfig/pve-node1"] == ["ACMEPlugin/dns1"]
    assert needs["VirtualMachine/default/web"] == ["CPUModel/mine"]
