"""A plan as JSON and back."""

import json
from dataclasses import replace

import pytest

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.plan.build import build
from pxhelm.plan.document import Saved, dumps, loads, summary, to_json
from pxhelm.plan.order import Order
from pxhelm.secret import Secret
from tests.plan.wishes import VIEW, found, known, policy, subject, wanted

MANIFESTS = {"VirtualMachine/prod/web": "kind: VirtualMachine\n"}


def example(**leaves):
    desired = wanted({"cpu.cores": 4, "tags": ("a", "b"), **leaves})
    subjects = (
        subject(desired, found(power="running", cores=2), known(bases={"kubectl:me": {"cpu.cores": 4}})),
        subject(None, found(), known(), key=replace(wanted().key, name="old")),
    )
    return build(subjects, VIEW, policy())


def without_params(plan):
    """Requests of a plan that was read back are a bound, not to be sent: only verbs and leaves count."""
    return replace(
        plan,
        order=Order(),
        objects=tuple(
            replace(o, steps=tuple(replace(s, request=None, source=0, storage="") for s in o.steps))
            for o in plan.objects
        ),
    )


def test_a_plan_survives_the_way_through_json():
    plan = example()
    back = loads(dumps(Saved(plan, MANIFESTS, {"release": "prod/shop"})))
    assert (back.manifests, back.request) == (MANIFESTS, {"release": "prod/shop"})
    assert without_params(back.plan) == without_params(plan)


def test_the_document_says_what_engine_d19_promises():
    document = to_json(Saved(example()))
    change = document["changes"][0]
    assert document["format_version"] == "1"
    assert change["address"] == "VirtualMachine/prod/web"
    assert change["actions"] == ["update"]
    assert change["class"] == "restart"
    assert change["preconditions"]["digest"] == "d1"
    assert {leaf["path"]: (leaf["before"], leaf["after"], leaf["class"]) for leaf in change["leaves"]} == {
        "cpu.cores": (2, 4, "restart"),
        "tags": (None, ["a", "b"], "metadata"),
    }
    assert document["drift"] == [{"address": change["address"], "path": "cpu.cores", "base": 4, "live": 2}]
    assert document["changes"][1]["data_destroying"] is True
    assert document["summary"]["delete"] == 1


def test_numbers_of_the_footer():
    assert {k: v for k, v in summary(example()).items() if v and k != "frees_bytes"} == {
        "update": 1,
        "restart": 1,
        "delete": 1,
    }


def test_no_secret_stands_in_a_plan():
    text = dumps(Saved(example(**{"cloudInit.password": Secret("correct horse"), "cloudInit.drive.storage": "local"})))
    assert "correct horse" not in text
    assert '"***"' in text


def test_a_plan_that_was_edited_is_refused():
    document = json.loads(dumps(Saved(example())))
    document["changes"][0]["leaves"][0]["after"] = 64
    with pytest.raises(PxhelmError, match="does not match its digest") as told:
        loads(json.dumps(document))
    assert told.value.code is ExitCode.REFUSED


@pytest.mark.parametrize("text", ["", "[]", '{"format_version": "9"}', "{}", "kind: Plan"])
def test_what_is_no_plan_is_told_so(text):
    with pytest.raises(PxhelmError, match="cannot read the plan"):
        loads(text)
