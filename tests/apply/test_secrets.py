"""Secrets by name: made once and kept sealed, read where they are needed, never shown."""

import json

import pytest

from pxhelm.apply.engine import apply_plan
from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.resource.identity import ObjectKey
from pxhelm.secret import Secret
from pxhelm.store.objects import ObjectKey as StoreKey
from tests.apply.lab import QUICK, vm

SECRET = "apiVersion: proxmox.io/v1\nkind: Secret\nmetadata: {name: db, namespace: production}\nspec: %s\n"
TOKEN = """
apiVersion: proxmox.io/v1
kind: APIToken
metadata: {name: "ci@pve!deploy"}
spec: {privilegeSeparation: false, writeTo: {secretRef: {name: production/db, key: token}}}
"""
USER = "apiVersion: proxmox.io/v1\nkind: User\nmetadata: {name: ci@pve}\nspec: {}\n"
PASSWORD = "cloudInit: {user: ops, password: {valueFrom: {secretRef: {name: db, key: %s}}}}"


def values(lab):
    row = lab.store.objects.get(StoreKey("lab", "Secret", "production", "db"))
    return json.loads(row.manifest)["values"] if row is not None else {}


def machine(key):
    return vm(spec=f"  {PASSWORD % key}\n")


def test_a_value_is_made_once_and_kept(lab):
    made = SECRET % "{generate: {app: {length: 40}, pin: {length: 8, charset: '0123456789'}}}"
    assert lab.apply(made).exit_code is ExitCode.OK
    first = values(lab)
    assert len(first["app"]) == 40
    assert len(first["pin"]) == 8
    assert first["pin"].isdigit()
    assert lab.plan(made).plan.empty
    assert lab.apply(made).exit_code is ExitCode.OK
    assert values(lab) == first


def test_a_guest_gets_the_value_that_is_made_in_the_same_plan(lab):
    made = SECRET % "{generate: {app: {length: 20}}}"
    result = lab.apply(made, machine("app"))
    assert result.exit_code is ExitCode.OK, result.error()
    assert lab.plan(made, machine("app")).plan.empty
    stored = [step for op in lab.store.journal.open_ops("lab") for step in lab.store.journal.steps(op.op_id)]
    assert values(lab)["app"] not in repr(stored)


def test_a_value_is_read_where_the_secret_says(lab):
    asked = []

    def read(source):
        asked.append(str(source))
        return Secret("hunter22")

    ports = lab.ports(read_secret=read)
    wanted = lab.resources(SECRET % "{data: {app: {valueFrom: {env: APP}}}}", machine("app"))
    planned = plan_objects(ports, wanted, PlanRequest())
    assert apply_plan(ports, planned, QUICK).exit_code is ExitCode.OK
    assert set(asked) == {"env:APP"}


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ("", "there is no Secret db"),
        (SECRET % "{generate: {other: {}}}", "Secret/production/db has no key app"),
    ],
)
def test_a_reference_to_nothing_is_told_before_anything_is_written(lab, secret, message):
    mark = lab.mark
    with pytest.raises(PxhelmError, match=message):
        lab.plan(*[text for text in (secret, machine("app")) if text])
    assert lab.writes(mark) == []


def test_the_secret_of_a_token_goes_into_the_secret_that_it_names(lab):
    assert lab.apply(USER, TOKEN, SECRET % "{}").exit_code is ExitCode.OK
    assert len(values(lab)["token"]) == 36
    assert lab.plan(USER, TOKEN, SECRET % "{}").plan.empty
    assert lab.apply(machine("token")).exit_code is ExitCode.OK


def test_a_secret_goes_with_what_it_keeps(lab):
    lab.apply(SECRET % "{generate: {app: {}}}")
    assert lab.destroy(ObjectKey("Secret", "production", "db")).exit_code is ExitCode.OK
    assert values(lab) == {}


STRANGER = "acme/web"
HELD = "cloudInit: {user: ops, password: {valueFrom: {%s}}}"
DOCUMENT = "cloudInit: {seedStorage: local, userData: {password: {valueFrom: {env: APP}}}}"


@pytest.mark.parametrize(
    "texts",
    [
        (vm(spec=f"  {HELD % 'env: APP'}\n"),),
        (vm(spec=f"  {HELD % 'file: /etc/shadow'}\n"),),
        (vm(spec=f"  {DOCUMENT}\n"),),
        (SECRET % "{data: {app: {valueFrom: {env: APP}}}}", machine("app")),
    ],
    ids=["variable", "file", "document", "its own Secret"],
)
def test_a_chart_from_elsewhere_does_not_read_this_machine(lab, texts):
    asked = []
    ports = lab.ports(read_secret=asked.append, stranger=lambda: STRANGER)
    mark = lab.mark
    with pytest.raises(PxhelmError, match=f"the chart {STRANGER} comes from elsewhere") as caught:
        plan_objects(ports, lab.resources(*texts), PlanRequest())
    assert caught.value.code is ExitCode.REFUSED
    assert caught.value.where.line
    assert "secretRef" in caught.value.hint
    assert not asked
    assert lab.writes(mark) == []


def test_a_chart_from_elsewhere_reads_a_secret_that_somebody_here_made(lab):
    ports = lab.ports(read_secret=lambda _: Secret("hunter22"))
    own = lab.resources(SECRET % "{data: {app: {valueFrom: {env: APP}}}}")
    assert apply_plan(ports, plan_objects(ports, own, PlanRequest()), QUICK).exit_code is ExitCode.OK
    strange = lab.ports(read_secret=lambda _: Secret("hunter22"), stranger=lambda: STRANGER)
    planned = plan_objects(strange, lab.resources(machine("app")), PlanRequest())
    assert apply_plan(strange, planned, QUICK).exit_code is ExitCode.OK
