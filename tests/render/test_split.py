"""Rendered text into manifests and hooks; expectations from real Helm's output and error texts."""

import pytest

from pxhelm.render.model import RenderError
from pxhelm.render.order import INSTALL_ORDER, UNINSTALL_ORDER, by_kind
from pxhelm.render.split import notes_of, sort_files, split_documents


def hook(events, **annotations):
    lines = "".join(f"    helm.sh/{k.replace('_', '-')}: {v!r}\n" for k, v in {"hook": events, **annotations}.items())
    return f"kind: Job\nmetadata:\n  name: j\n  annotations:\n{lines}"


def test_documents_are_cut_where_helm_cuts_them():
    text = "---\na: 1\n\n---   \n\nb: 2\n---c: 3\n--- # x\nd: 4\n\n"
    assert list(split_documents(text)) == [(2, "a: 1"), (6, "b: 2"), (7, "c: 3"), (8, "# x\nd: 4")]


def test_manifests_come_in_install_order_and_unknown_kinds_last_by_name():
    files = {
        "c/templates/b.yaml": "kind: VirtualMachine\n---\nkind: Service\n---\nkind: Container\n",
        "c/templates/a.yaml": "kind: Deployment\n---\nkind: VirtualMachine\nmetadata: {name: first}\n",
    }
    kinds = [(m.kind, m.file[-6]) for m in sort_files(files).manifests]
    assert kinds == [
        ("Service", "b"),
        ("Deployment", "a"),
        ("Container", "b"),
        ("VirtualMachine", "a"),
        ("VirtualMachine", "b"),
    ]


def test_uninstall_order_is_not_only_the_reverse():
    kinds = ["Service", "Ingress", "Pod", "X"]
    assert by_kind(kinds, str, UNINSTALL_ORDER) == ["Ingress", "Service", "Pod", "X"]
    assert by_kind(kinds, str, INSTALL_ORDER) == ["Service", "Pod", "Ingress", "X"]


def test_a_hook_is_known_with_weight_and_policies():
    text = hook(" pre-install, Test-Success", hook_weight="-5", hook_delete_policy="Hook-Succeeded, hook-failed")
    (found,) = sort_files({"f.yaml": text}).hooks
    assert (found.events, found.weight) == (("pre-install", "test"), -5)
    assert found.delete_policies == ("hook-succeeded", "hook-failed")
    assert found.is_test


@pytest.mark.parametrize("weight", ["x", "1.5", "", "99999999999999999999"])
def test_a_weight_that_is_no_int_is_zero(weight):
    assert sort_files({"f.yaml": hook("post-delete", hook_weight=weight)}).hooks[0].weight == 0


def test_one_unknown_event_drops_the_whole_resource():
    found = sort_files({"f.yaml": hook("pre-install,crd-install")})
    assert (found.manifests, found.hooks) == ((), ())
    assert found.warnings == ('info: skipping unknown hook: "pre-install,crd-install"',)


def test_notes_and_partials_are_no_manifests():
    files = {"c/templates/NOTES.txt": "hello {", "c/templates/_p.yaml": "{", "c/charts/s/templates/NOTES.txt": "sub"}
    assert sort_files(files).manifests == ()
    assert notes_of(files, "c", sub_notes=False) == "hello {"
    assert notes_of(files, "c", sub_notes=True) == "hello {\nsub"


def test_a_document_of_comments_is_a_manifest_without_kind():
    (found,) = sort_files({"f.yaml": "\n# nothing\n"}).manifests
    assert (found.kind, found.text) == ("", "# nothing")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- 1", "json: cannot unmarshal array into Go value of type releaseutil.SimpleHead"),
        ("kind: [1]", "json: cannot unmarshal array into Go struct field SimpleHead.kind of type string"),
        ("metadata: {name: {}}", "json: cannot unmarshal object into Go struct field .metadata.name of type string"),
        (
            "metadata: {annotations: [1]}",
            "json: cannot unmarshal array into Go struct field .metadata.annotations of type map[string]string",
        ),
    ],
)
def test_heads_of_the_wrong_type_are_refused_in_helms_words(text, message):
    with pytest.raises(RenderError) as caught:
        sort_files({"f.yaml": f"a: 1\n---\n{text}\n"})
    assert caught.value.message == (
        f"YAML parse error on f.yaml: error unmarshaling JSON: while decoding JSON: {message}"
    )


def test_broken_yaml_names_its_line_in_the_output():
    with pytest.raises(RenderError) as caught:
        sort_files({"f.yaml": "a: 1\n---\nb: 1\n  c: 2\n"})
    assert caught.value.message == (
        "YAML parse error on f.yaml: error converting YAML to JSON: "
        "yaml: line 2: mapping values are not allowed in this context"
    )
    assert (caught.value.where.line, caught.value.where.text) == (4, "  c: 2")
