"""explain: every field of every kind can be asked for, and says what it is."""

import json

import pytest

from pxhelm.cli.views.explain import explain_document, explain_text, suggestion
from pxhelm.kinds import KINDS
from pxhelm.resource.explain import explain


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_field_is_explained_with_type_effect_and_source(kind):
    for field in kind.fields:
        slots = kind.slots.get(field.path.split(".")[0], ("any",))
        path = field.path.replace("*", slots[0], 1).replace("*", "any")
        found = explain(kind, path)
        assert found, path
        text = explain_text(kind, path, found, recursive=False)
        assert "Accepts:" in text, path
        assert "Effect:" in text
        assert "Proxmox:" in text


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_recursive_names_every_field(kind):
    text = explain_text(kind, "", explain(kind), recursive=True)
    assert len([line for line in text.splitlines() if "\t<" in line]) >= len(kind.fields)
    for field in kind.fields:
        assert field.path.split(".")[-1].replace("*", "<KEY>") in text


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_document_is_json_and_complete(kind):
    document = json.loads(json.dumps(explain_document(kind, "", explain(kind))))
    assert {one["path"] for one in document["fields"]} == {f"spec.{field.path}" for field in kind.fields}
    assert document["description"]


def test_devices_name_their_slots_and_show_one_level():
    kind = KINDS["VirtualMachine"]
    text = explain_text(kind, "disks", explain(kind, "disks"), recursive=False)
    assert "FIELD: disks <map of slots>" in text
    assert "scsi0 … scsi30, virtio0 … virtio15" in " ".join(text.split())
    assert "  size\t<size>\n    grows, never shrinks; effect depends; Proxmox scsi[n].size\n" in text
    assert "  limits\t<Object>\n    read, total, write\n" in text


def test_defaults_are_those_of_proxmox():
    kind = KINDS["VirtualMachine"]
    text = explain_text(kind, "cpu.cores", explain(kind, "cpu.cores"), recursive=False)
    assert "    Default:  1\n    Effect:   restart\n    Proxmox:  cores\n" in text


def test_a_misspelt_field_is_suggested():
    kind = KINDS["VirtualMachine"]
    assert suggestion(kind, "cpu.core") == "did you mean cpu.cores?"
    assert suggestion(kind, "zzz").startswith("fields of VirtualMachine: agent, arch")
