from pxhelm.release.order import deletion_order, split

MANIFEST = """---
# Source: web/templates/a.yaml
kind: VirtualMachine
metadata:
  name: vm
  annotations: {helm.sh/resource-policy: " Keep "}
---
kind: Namespace
metadata: {name: ns}
---
kind: Container
metadata: {name: ct, annotations: {helm.sh/resource-policy: other}}
---
kind: Service
metadata: {name: svc}
---
kind: Container
metadata: {name: b}
---
kind: Container
metadata: {name: a}
"""


def test_deletion_follows_helms_table_then_the_alphabet_and_keeps_what_shall_stay():
    kept, doomed = deletion_order(MANIFEST)
    assert [one.name for one in kept] == ["vm"]
    assert [one.name for one in doomed] == ["svc", "ns", "b", "a"]


def test_documents_are_split_by_text():
    assert split("---\na: 1\n\n--- \n\nb: |\n  ---\n") == ["a: 1", "b: |\n  ---"]
