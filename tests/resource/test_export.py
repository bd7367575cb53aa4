"""A spec written from leaves is parsed to the same leaves: the law behind import and ``get -o yaml``."""

import gzip
import json
import re
from pathlib import Path

import pytest

from pxhelm import kinds
from pxhelm.manifest import load_manifests
from pxhelm.resource.export import importable, spec_of_leaves
from pxhelm.resource.model import SecretSource
from pxhelm.secret import Secret

FACTS = Path(__file__).parents[3] / "shared" / "facts" / "pve-9.2-stories.jsonl.gz"


def parsed(kind, spec):
    text = json.dumps({"apiVersion": "proxmox.io/v1", "kind": kind.name, "metadata": {"name": "it"}, "spec": spec})
    return kinds.parse(load_manifests(text, "export.yaml"))[0].leaves


def test_a_whole_spec_comes_back():
    spec = {
        "hostname": "it",
        "source": {"clone": {"name": {"vmid": 9000}}},
        "memory": {"size": "8G"},
        "disks": {"scsi0": {"storage": "fast", "size": "50G", "limits": {"write": {"bandwidth": "400MB/s"}}}},
        "networks": {"net0": {"bridge": "vmbr0", "ip": "10.0.0.5/24"}},
        "cloudInit": {"password": {"valueFrom": {"secretRef": {"name": "db", "key": "pw"}}}},
        "startup": {"upDelay": "1m30s"},
        "config": {"keyboard": "de"},
    }
    kind = kinds.KINDS["VirtualMachine"]
    found = spec_of_leaves(kind, parsed(kind, spec))
    assert found == spec
    assert list(found)[:2] == ["hostname", "source"]


def test_secrets_are_named_or_left_out():
    kind = kinds.KINDS["VirtualMachine"]
    assert spec_of_leaves(kind, {"cloudInit.password": Secret("x")}) == {}
    source = SecretSource("command", command=("pass", "show"))
    assert spec_of_leaves(kind, {"cloudInit.password": source}) == {
        "cloudInit": {"password": {"valueFrom": {"command": ["pass", "show"]}}}
    }


def recorded():
    config = re.compile(r"/nodes/[^/]+/(qemu|lxc)/\d+/config$")
    with gzip.open(FACTS, "rt") as stories:
        for line in stories:
            for step in json.loads(line)["steps"]:
                found = config.match(step.get("path", ""))
                reply = step.get("expect", {}).get("reply") or {}
                if found and step["method"] == "GET" and isinstance(reply.get("data"), dict):
                    yield found[1], reply["data"]


@pytest.mark.requires("shared")
def test_a_recorded_guest_is_exported_and_parsed_to_what_it_is():
    checked = 0
    for type_, data in recorded():
        kind = kinds.KINDS["VirtualMachine" if type_ == "qemu" else "Container"]
        leaves = importable(kind, kind.decode({k: v for k, v in data.items() if "<" not in str(v)}))
        if any(str(v).startswith("Copy-of-VM-Copy") or str(v) == "" for v in leaves.values()):
            continue
        wanted = {"hostname": "it", **leaves}
        found = parsed(kind, spec_of_leaves(kind, leaves))
        assert found == wanted
        checked += 1
    assert checked > 100
