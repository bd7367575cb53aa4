"""Configurations recorded from a real Proxmox VE: what is read of them can be written again, and means the same.

Live values that nobody changes must never come out differently, or a plan would not be empty.
"""

import gzip
import json
import re
from pathlib import Path

import pytest

from pxhelm import kinds
from pxhelm.proxmox.schema import load
from pxhelm.proxmox.wire import encode as to_form
from pxhelm.proxmox.wire import normal
from pxhelm.resource.compare import comparable, same
from pxhelm.resource.decode import decode, pending_rows, text_of
from pxhelm.resource.encode import encode
from pxhelm.resource.guest import Situated, live_of
from pxhelm.resource.table import table_of

FACTS = Path(__file__).parents[3] / "shared" / "facts" / "pve-9.2-stories.jsonl.gz"
pytestmark = pytest.mark.requires("shared")

CONFIG = re.compile(r"/nodes/[^/]+/(qemu|lxc)/\d+/(config|pending)$")
KIND = {"qemu": kinds.KINDS["VirtualMachine"], "lxc": kinds.KINDS["Container"]}
API = {"qemu": "/nodes/n/qemu", "lxc": "/nodes/n/lxc"}


def replies(last):
    with gzip.open(FACTS, "rt") as stories:
        for line in stories:
            story = json.loads(line)
            for step in story["steps"]:
                found = CONFIG.match(step.get("path", ""))
                expect = step.get("expect", {})
                if found and found[2] == last and step["method"] == "GET" and expect.get("status") == 200:
                    yield story["name"], found[1], expect["reply"]["data"]


def configs():
    seen = set()
    for story, type_, data in replies("config"):
        if data is None:
            continue
        for param, value in data.items():
            text = text_of(value)
            if (
                param in ("digest", "meta", "lock", "smbios1", "vmgenid", "parent", "snaptime", "vmstate")
                or "<" in text
            ):
                continue
            if (type_, param, text) not in seen:
                seen.add((type_, param, text))
                yield story, type_, param, text


def test_every_recorded_parameter_is_read_and_written_as_it_was():
    checked, lost = 0, []
    for story, type_, param, text in configs():
        kind = KIND[type_]
        leaves = decode(kind, {param: text})
        table = table_of(kind.fields, kind.slots)
        irregular = {"description", "template", "unprivileged", "cipassword"}  # the last reads as asterisks
        if param in irregular or param.startswith("unused"):
            continue
        written = {
            p: v
            for p, v in leaves.items()
            if table.place(p).field.form not in ("storage", "volume-size", "image-format")
        }
        if param.startswith(("scsi", "virtio", "sata", "ide", "rootfs", "mp")) and "cloudinit" in text:
            continue
        encoded = encode(kind, {param: text}, written)
        if not text.strip():
            assert not any(leaves.values()), (story, param)
            continue
        spec = load("9.2").endpoint("POST", API[type_]).parameters.get(param)
        form = dict(to_form(encoded.params, load("9.2").endpoint("POST", API[type_])))
        checked += 1
        if not written:
            if text.strip():
                lost.append((story, param, text, "not read"))
            continue
        before = normal(spec.properties, text) if spec is not None and spec.properties else text
        if drop_size(form.get(param, "")) != drop_size(before):
            lost.append((story, param, text, form.get(param)))
    assert checked > 150
    assert lost == []


def drop_size(text):
    # Proxmox works out the size of a volume itself
    return ",".join(part for part in text.split(",") if not part.startswith("size="))


def test_a_guest_wanted_as_it_was_recorded_needs_no_write():
    checked = 0
    for story, type_, data in replies("pending"):
        kind = KIND[type_]
        live = live_of(kind, pending_rows(data), Situated("pve1", 100))
        for path in live.intended:
            if comparable(kind, path):
                checked += 1
                assert same(kind, live.intended, live, path), (story, path)
    assert checked > 200


def test_what_is_pending_is_intended_and_not_current():
    story = next(data for name, _, data in replies("pending") if name == "run/pending-01")
    live = live_of(KIND["qemu"], pending_rows(story), Situated("pve1", 100, "running"))
    assert (live.intended["memory.size"], live.current["memory.size"]) == (128 << 20, 64 << 20)


def test_a_pending_deletion_is_gone_from_what_is_intended():
    story = next(data for name, _, data in replies("pending") if name == "run/pending-delete-01")
    live = live_of(KIND["qemu"], pending_rows(story), Situated("pve1", 100, "running"))
    assert "serial.serial0" not in live.intended
    assert live.current["serial.serial0"] == "socket"
