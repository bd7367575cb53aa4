"""What people are told about fields comes from the table alone."""

import pytest

from pxhelm import kinds
from pxhelm.resource.explain import explain, json_schema
from pxhelm.resource.parts.words import WORDS

VM = kinds.KINDS["VirtualMachine"]


def test_a_field_is_explained_with_type_default_effect_and_parameter():
    (found,) = explain(VM, "spec.cpu.cores")
    assert (found.type, found.accepts, found.default, found.effect, found.proxmox) == (
        "int",
        "a whole number",
        1,
        "restart",
        "cores",
    )


def test_a_family_is_explained_by_any_of_its_slots():
    assert explain(VM, "disks.scsi3.size") == explain(VM, "disks.virtio0.size") == explain(VM, "disks.*.size")
    assert explain(VM, "disks.scsi3.size")[0].proxmox == "scsi[n].size"
    assert explain(VM, "disks.scsi99.size") == ()


def test_a_branch_is_explained_by_all_below_it():
    assert {e.path for e in explain(VM, "memory")} == {f.path for f in VM.fields if f.path.startswith("memory.")}
    assert len(explain(VM)) == len(VM.fields)


def test_notes_say_what_a_table_cannot():
    notes = {e.path: " ".join(e.notes) for e in explain(VM)}
    assert "root@pam" in notes["options.args"]
    assert "cannot be read back" in notes["cloudInit.password"]
    assert "used at creation only" in notes["source.clone.name"]
    assert "when created without it: l26" in notes["osType"]


@pytest.mark.parametrize(
    ("spec", "valid"),
    [
        ({"cpu": {"cores": 2}}, True),
        ({"cpu": {"cores": 0}}, False),
        ({"cpu": {"cores": "2"}}, False),
        ({"disks": {"scsi0": {"storage": "a", "size": "8G"}}}, True),
        ({"disks": {"floppy0": {"storage": "a"}}}, False),
        ({"disks": {"scsi0": {"cache": "sometimes"}}}, False),
        ({"networks": {"net0": {"bridge": "vmbr0", "vlan": 9999}}}, False),
        ({"memory": {"size": 2048}}, True),
        ({"memory": {"size": "2G"}}, True),
        ({"cloudInit": {"password": "hunter2"}}, False),
        ({"cloudInit": {"password": {"valueFrom": {"env": "X"}}}}, True),
        ({"bios": "uefi"}, False),
        ({"serial": {"serial0": "socket"}}, True),
    ],
)
def test_the_schema_takes_what_parsing_takes(spec, valid):
    import jsonschema

    whole = {"apiVersion": "proxmox.io/v1", "kind": "VirtualMachine", "metadata": {"name": "x"}, "spec": spec}
    assert jsonschema.Draft202012Validator(json_schema(VM)).is_valid(whole) is valid


@pytest.mark.parametrize("kind", ["VirtualMachine", "Container"])
def test_every_field_of_a_guest_says_in_a_line_what_it_means(kind):
    silent = [each.path for each in kinds.KINDS[kind].fields if not each.help]
    assert silent == []
    assert all(len(each.help) <= 100 and "\n" not in each.help for each in kinds.KINDS[kind].fields)


def test_no_words_are_kept_for_fields_that_are_gone():
    known = {each.path for name in ("VirtualMachine", "Container") for each in kinds.KINDS[name].fields}
    assert set(WORDS) <= known
