"""What existed before and is not ours is never written over, whatever its kind; a mark is where Proxmox has a place for it."""

import json

import pytest

from pxhelm.kinds import KINDS
from pxhelm.proxmox.schema import load
from tests.idempotence.bench import Bench
from tests.idempotence.cases import about, cases_of

NATURAL = [kind for kind in KINDS.values() if not (kind.guest or kind.always or kind.store_only or kind.renews)]
PLACES = ("comment", "comments", "description")
"""Parameters in which a mark can stand."""
ADOPT = {"pxhelm.io/adoption-policy": "AdoptIfUnowned"}


def text(kind, annotations=None):
    said = about(kind.name)
    name = said.name or "c0"
    metadata = {"name": name, "annotations": annotations or {}}
    spec = next(case.wanted() for case in cases_of(kind.name))
    return json.dumps({"apiVersion": "proxmox.io/v1", "kind": kind.name, "metadata": metadata, "spec": spec})


def takes_a_comment(kind):
    """Whether Proxmox' schema, in any version, has a place for a remark about an object of the kind."""
    for version in ("7.4", "8.4", "9.2"):
        endpoint = load(version).endpoint("POST", kind.api)
        if endpoint is not None and set(PLACES) & set(endpoint.parameters):
            return True
    return False


@pytest.fixture(params=NATURAL, ids=lambda kind: kind.name)
def made(request):
    """Yield a cluster on which another installation made an object of the kind."""
    bench = Bench(request.param.name)
    bench.must(bench.apply_texts(text(request.param)))
    bench.forget()
    yield bench
    bench.close()


@pytest.mark.parametrize("kind", NATURAL, ids=lambda kind: kind.name)
def test_a_kind_is_marked_exactly_where_proxmox_has_a_place_for_it(kind):
    assert any(each.marks for each in kind.fields) == takes_a_comment(kind)


def test_what_exists_is_not_taken_without_a_word(made):
    (blocked,) = made.plan(text(made.kind)).plan.blocked
    assert blocked.reason == "Exists"
    mark = made.mark
    assert made.apply_texts(text(made.kind)).failed
    assert made.writes(mark) == []


@pytest.mark.parametrize("way", ["annotation", "command"])
def test_what_is_nobodys_or_was_ours_is_taken_when_asked(made, way):
    annotations, options = (ADOPT, {}) if way == "annotation" else ({}, {"adopt": True})
    assert made.plan(text(made.kind, annotations), **options).plan.blocked == ()
    made.must(made.apply_texts(text(made.kind, annotations), **options))
    assert made.plan(text(made.kind, annotations)).plan.empty


@pytest.mark.parametrize("way", ["annotation", "command"])
def test_what_another_installation_marked_is_taken_by_no_general_word(made, way):
    marked = any(each.marks for each in made.kind.fields)
    annotations, options = (ADOPT, {}) if way == "annotation" else ({}, {"adopt": True})
    made.installation = "other001"
    blocked = made.plan(text(made.kind, annotations), **options).plan.blocked
    assert [b.message.rpartition(" ")[2] for b in blocked] == (["(inst0001)"] if marked else [])
