"""The order among objects."""

import itertools
from dataclasses import replace

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.plan.graph import order_of
from pxhelm.plan.order import Order, ordered, reversed_edges
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Reference, Resource

RANKS = {"Namespace": 2, "Storage": 20, "Pool": 30, "VirtualMachine": 50, "Container": 50, "Job": 80}


def key(address):
    return ObjectKey.parse(address)


def thing(address, *, refers=(), after=""):
    here = key(address)
    references = tuple(Reference("x", (key(r).kind,), key(r).namespace, key(r).name) for r in refers)
    return Resource(here, {}, annotations={"pxhelm.io/depends-on": after} if after else {}, references=references)


def edges(*resources):
    return order(*resources).all


def order(*resources):
    return order_of(resources, lambda k: RANKS[k.kind], lambda k: k.kind == "Job")


def shown(found):
    return {k.address: [b.address for b in below] for k, below in found.items()}


def test_an_object_waits_for_what_it_refers_to():
    found = edges(thing("VirtualMachine/a/web", refers=["VirtualMachine/a/golden"]), thing("VirtualMachine/a/golden"))
    assert shown(found)["VirtualMachine/a/web"] == ["VirtualMachine/a/golden"]
    assert [k.name for k in ordered(found)] == ["golden", "web"]


def wave(address, number, **more):
    found = thing(address, **more)
    return replace(found, annotations={**found.annotations, "argocd.argoproj.io/sync-wave": number})


def test_a_wave_comes_after_those_before_it_and_needs_them():
    found = order(
        wave("Pool/last", "5"), wave("Container/a/first", "-1"), thing("Storage/zero"), wave("Pool/odd", "soon"),
    )  # fmt: skip
    assert shown(found.needs) == {
        "Pool/last": ["Storage/zero", "Pool/odd"],
        "Container/a/first": [],
        "Storage/zero": ["Container/a/first"],
        "Pool/odd": ["Container/a/first"],
    }


def test_a_wave_that_contradicts_a_reference_is_a_cycle_told_by_its_edges():
    with pytest.raises(PxhelmError, match="VirtualMachine/a/web → Pool/shop"):
        order(wave("VirtualMachine/a/web", "0", refers=["Pool/shop"]), wave("Pool/shop", "1"))


def test_a_reference_to_what_is_not_in_the_plan_is_no_edge():
    assert shown(edges(thing("VirtualMachine/a/web", refers=["Pool/shop"]))) == {"VirtualMachine/a/web": []}


def test_an_annotation_makes_an_edge_with_or_without_a_condition():
    after = "VirtualMachine/a/db:Ready, Pool/shop"
    found = edges(thing("VirtualMachine/a/web", after=after), thing("VirtualMachine/a/db"), thing("Pool/shop"))
    assert set(shown(found)["VirtualMachine/a/web"]) == {"VirtualMachine/a/db", "Pool/shop"}


def test_an_annotation_that_names_nothing_is_an_error():
    with pytest.raises(PxhelmError, match="names 'db'"):
        edges(thing("VirtualMachine/a/web", after="db"))


def test_kinds_come_in_their_order_without_anybody_saying_so():
    found = edges(thing("VirtualMachine/a/web"), thing("Pool/shop"), thing("Storage/disk"))
    assert [k.kind for k in ordered(found)] == ["Storage", "Pool", "VirtualMachine"]


def test_a_reference_against_the_order_of_kinds_wins():
    found = edges(thing("Pool/shop", refers=["VirtualMachine/a/web"]), thing("VirtualMachine/a/web"))
    assert [k.kind for k in ordered(found)] == ["VirtualMachine", "Pool"]


def test_only_what_is_named_is_needed_of_what_comes_first():
    found = order(thing("VirtualMachine/a/web", refers=["Pool/shop"]), thing("Pool/shop"), thing("Storage/disk"))
    assert shown(found.needs)["VirtualMachine/a/web"] == ["Pool/shop"]
    assert shown(found.after)["VirtualMachine/a/web"] == ["Storage/disk"]


def test_a_job_needs_all_that_comes_before_it():
    found = order(thing("Job/a/migrate"), thing("Pool/shop"), thing("VirtualMachine/a/web"))
    assert shown(found.needs)["Job/a/migrate"] == ["Pool/shop", "VirtualMachine/a/web"]


def test_a_namespace_is_needed_by_what_lives_in_it():
    found = order(thing("VirtualMachine/a/web"), thing("VirtualMachine/b/web"), thing("Namespace/a"))
    assert shown(found.needs)["VirtualMachine/a/web"] == ["Namespace/a"]
    assert shown(found.needs)["VirtualMachine/b/web"] == []


def test_ranks_give_way_when_what_is_needed_makes_a_cycle_of_them():
    one, two = key("Storage/one"), key("Storage/two")
    assert Order({one: (two,), two: ()}, {two: (one,)}).possible().after == {}
    with pytest.raises(PxhelmError, match="wait for each other"):
        Order({one: (two,), two: (one,)}).possible()


def test_independent_objects_do_not_wait_for_each_other():
    found = edges(*(thing(f"VirtualMachine/a/web-{n}") for n in range(3)))
    assert all(below == () for below in found.values())


def test_a_cycle_is_an_error_that_names_its_edges():
    with pytest.raises(PxhelmError) as told:
        edges(
            thing("VirtualMachine/a/one", after="VirtualMachine/a/two"),
            thing("VirtualMachine/a/two", refers=["VirtualMachine/a/three"]),
            thing("VirtualMachine/a/three", after="VirtualMachine/a/one"),
        )
    assert (
        "VirtualMachine/a/one → VirtualMachine/a/two → VirtualMachine/a/three → VirtualMachine/a/one"
        in told.value.message
    )


def test_what_goes_goes_the_other_way_round():
    found = reversed_edges(edges(thing("VirtualMachine/a/web", refers=["Pool/shop"]), thing("Pool/shop")))
    assert [k.kind for k in ordered(found)] == ["VirtualMachine", "Pool"]


def test_a_long_chain_needs_no_deep_stack():
    names = [f"VirtualMachine/a/n{n}" for n in range(3000)]
    links = {key(a): (key(b),) for a, b in itertools.pairwise(names)} | {key(names[-1]): ()}
    assert ordered(links)[0] == key(names[-1])
