"""Manifests know where they and their fields stand."""

import pytest

from pxhelm.manifest import ManifestError, load_manifests

TWO = """\
# a comment first
---
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web, labels: {tier: 1, on: yes}}
spec:
  cpu:
    cores: 4
  disks:
  - size: 50G
--- # the second
kind: Pool
metadata:
  name: 7
"""


def test_documents_are_read_with_their_lines():
    machine, pool = load_manifests(TWO, "m.yaml")
    assert (machine.kind, machine.name, machine.api_version) == ("VirtualMachine", "web", "proxmox.io/v1")
    assert (pool.kind, pool.name, pool.line) == ("Pool", "7", 11)
    assert machine.where(("spec", "cpu", "cores")).line == 8
    assert str(machine.where(("spec", "disks", 0, "size"))) == "m.yaml:10:5: spec.disks[0].size"
    assert pool.where(("metadata", "name")).text == "  name: 7"


def test_scalars_in_labels_are_texts_as_helm_makes_them():
    assert load_manifests(TWO, "m.yaml")[0].labels == {"tier": "1", "true": "true"}


def test_an_absent_field_stands_where_its_parent_does():
    machine = load_manifests(TWO, "m.yaml")[0]
    where = machine.where(("spec", "cpu", "sockets"))
    assert (where.line, where.field) == (7, "spec.cpu.sockets")


def test_the_items_of_a_list_are_manifests_of_their_own():
    text = "apiVersion: v1\nkind: List\nitems:\n- kind: Pool\n  metadata:\n    name: a\n- kind: Pool\n  metadata: {name: b}\n"
    first, second = load_manifests(text, "l.yaml")
    assert [m.name for m in (first, second)] == ["a", "b"]
    assert second.where(("metadata", "name")).line == 8
    assert first.where(("metadata", "name")).line == 6


def test_json_is_yaml_too():
    (pool,) = load_manifests('{"kind": "Pool",\n "metadata": {"name": "p"}}\n', "p.json")
    assert pool.where(("metadata", "name")).line == 2


@pytest.mark.parametrize(
    ("text", "line"), [("a: 1\n---\nb: [\n", 3), ("a: 1\n---\n\n- 1\n", 4), ("kind: List\nitems:\n- 1\n", 3)]
)
def test_what_is_no_manifest_is_named_with_its_line(text, line):
    with pytest.raises(ManifestError) as caught:
        load_manifests(text, "bad.yaml")
    assert caught.value.where.file == "bad.yaml"
    assert caught.value.where.line in (line, line + 1)


def test_empty_documents_are_nothing():
    assert load_manifests("---\n# only a comment\n---\n\n", "e.yaml") == []
