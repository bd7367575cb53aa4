"""Snippets get where Proxmox' API puts none: by sftp, to a mounted storage, and not without a word of the operator's."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from pxhelm.apply.deliveries import Ways, batch, deliver
from pxhelm.apply.engine import apply_plan
from pxhelm.apply.errands import do
from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.errors import ExitCode
from pxhelm.proxmox.errors import ApiError
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.step import Delivery
from tests.apply.lab import QUICK

SERVER = Path("/usr/lib/openssh/sftp-server")
SNIPPET = "apiVersion: proxmox.io/v1\nkind: Snippet\nmetadata: {name: base.yaml}\nspec: %s\n"
FILE = Delivery("local", "base.yaml", b"package_update: true\n", "/nowhere", "pve-node1", "192.0.2.1")


def by_hand(lab, told):
    """Put what is delivered on the simulated storage, as sftp would."""

    def errand(delivery):
        told.append(delivery)
        nodes = [delivery.node] if delivery.node else ["pve-node1"]

        def change(world):
            for node in nodes:
                volume = f"{delivery.storage}:snippets/{delivery.file}"
                row = {
                    "volid": volume,
                    "content": "snippets",
                    "format": "snippet",
                    "size": len(delivery.content),
                    "ctime": 0,
                }
                world.state.put("volume", f"{node}/{volume}", row)

        lab.simulator.change(change)
        return ()

    return errand


def run(lab, spec, told=None, **ports):
    told = [] if told is None else told
    made = lab.ports(errand=by_hand(lab, told), **ports)
    return apply_plan(made, plan_objects(made, lab.resources(SNIPPET % spec), PlanRequest()), QUICK)


def test_a_snippet_goes_to_every_node_that_has_the_storage_and_no_further(lab):
    told = []
    spec = "{storage: local, delivery: SSH, content: {package_update: true}}"
    result = run(lab, spec, told, allowed=frozenset({"ssh"}))
    assert result.exit_code is ExitCode.OK, result.error()
    assert sorted(d.node for d in told) == ["pve-node1", "pve-node2", "pve-node3"]
    first = min(told, key=lambda d: d.node)
    assert (first.folder, first.address != "") == ("/var/lib/vz/snippets", True)
    assert first.file.startswith("base-")
    assert first.content == b'#cloud-config\n{\n  "package_update": true\n}\n'
    run(lab, spec, told, allowed=frozenset({"ssh"}))
    assert len(told) == 3
    assert lab.plan(SNIPPET % spec).plan.empty


KEY = ObjectKey("Snippet", "", "base.yaml")


def snippets(lab):
    return [row["volid"] for row in lab.api("GET", "/nodes/pve-node1/storage/local/content", content="snippets")]


def test_what_was_delivered_goes_with_its_object(lab):
    before = snippets(lab)
    run(lab, "{storage: local, delivery: SSH, content: x}", allowed=frozenset({"ssh"}))
    assert len(snippets(lab)) == len(before) + 1
    assert lab.destroy(KEY).exit_code is ExitCode.OK
    assert snippets(lab) == before


def test_a_file_that_was_only_looked_for_stays(lab):
    by_hand(lab, [])(replace(FILE, node="pve-node1"))
    before = snippets(lab)
    assert run(lab, "{storage: local}").exit_code is ExitCode.OK
    (gone,) = lab.plan(delete=(KEY,)).plan.objects
    assert gone.steps == ()
    assert lab.destroy(KEY).exit_code is ExitCode.OK
    assert snippets(lab) == before


def test_only_the_nodes_that_are_named(lab):
    told = []
    spec = "{storage: local, delivery: SSH, nodes: [pve-node2], content: '#!/bin/sh\n\necho hook\n'}"
    assert run(lab, spec, told, allowed=frozenset({"ssh"})).exit_code is ExitCode.OK
    assert [(d.node, d.content) for d in told] == [("pve-node2", b"#!/bin/sh\necho hook ")]


@pytest.mark.parametrize(("delivery", "hint"), [("SSH", "ssh: {host: root@"), ("SharedPath", "sharedPaths: {local:")])
def test_without_a_word_of_the_operator_nothing_is_delivered(lab, delivery, hint):
    (blocked,) = lab.plan(SNIPPET % f"{{storage: local, delivery: {delivery}, content: x}}").plan.blocked
    assert blocked.reason == "Refused"
    assert hint in blocked.hint


def test_a_name_that_is_a_path_is_refused(lab):
    spec = "{storage: local, delivery: SSH, filename: ../../etc/cron.d/x, content: x}"
    made = lab.ports(allowed=frozenset({"ssh"}))
    (blocked,) = plan_objects(made, lab.resources(SNIPPET % spec), PlanRequest()).plan.blocked
    assert "no name of a file" in blocked.message


def test_a_mounted_storage_gets_the_file_whole(tmp_path):
    delivery = replace(FILE, node="", folder="snippets")
    deliver(delivery, Ways(folders={"local": str(tmp_path)}))
    assert (tmp_path / "snippets" / "base.yaml").read_bytes() == FILE.content
    deliver(replace(delivery, file="hook.sh", content=b"#!/bin/sh\n"), Ways(folders={"local": str(tmp_path)}))
    assert (tmp_path / "snippets" / "hook.sh").stat().st_mode & stat.S_IXUSR
    assert {p.name for p in (tmp_path / "snippets").iterdir()} == {"base.yaml", "hook.sh"}


def test_a_storage_that_is_not_mounted_is_told(tmp_path):
    with pytest.raises(ApiError, match="is no folder here") as caught:
        deliver(replace(FILE, node=""), Ways(folders={"local": str(tmp_path / "gone")}))
    assert caught.value.hint == "is the storage mounted?"


@pytest.mark.skipif(not SERVER.exists(), reason="needs OpenSSH's sftp-server")
@pytest.mark.parametrize("name", ["plain", "with space", 'quo"te', "back\\slash", "star*[x]?"])
def test_sftp_puts_the_file_there_whatever_the_folder_is_called(tmp_path, name):
    folder = tmp_path / name
    ways = Ways("root@{address}", ("-D", str(SERVER)))
    do(replace(FILE, folder=str(folder)), ways)
    assert (folder / "base.yaml").read_bytes() == FILE.content
    do(replace(FILE, folder=str(folder), content=b"#!/bin/sh\n"), ways)
    assert (folder / "base.yaml").stat().st_mode & 0o777 == 0o755
    assert [p.name for p in folder.iterdir()] == ["base.yaml"]


@pytest.mark.skipif(not SERVER.exists(), reason="needs OpenSSH's sftp-server")
def test_sftp_says_why_not(tmp_path):
    with pytest.raises(ApiError, match="No such file") as caught:
        deliver(replace(FILE, folder=str(tmp_path / "a" / "b")), Ways("root@{address}", ("-D", str(SERVER))))
    assert "is the storage mounted on the node?" in caught.value.hint


def test_a_node_that_does_not_answer_is_told_by_its_name():
    with pytest.raises(ApiError) as caught:
        deliver(FILE, Ways("root@{node}.invalid"))
    assert "root@pve-node1.invalid" in caught.value.message


@pytest.mark.parametrize("folder", ["/x\n!touch /tmp/y", "/x\r!id"])
def test_no_word_of_the_batch_can_be_another_command(folder):
    with pytest.raises(ApiError, match="no name of a file"):
        batch(replace(FILE, folder=folder), "/tmp/local")
