"""A password can be given by a token when its user is made, and changed by nobody who signs in with one."""

from pxhelm.apply.engine import apply_plan
from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.errors import ExitCode
from tests.apply.lab import QUICK

SECRET = """
apiVersion: proxmox.io/v1
kind: Secret
metadata: {name: pw}
spec: {generate: {a: {length: 20}, b: {length: 20}}}
"""
USER = """
apiVersion: proxmox.io/v1
kind: User
metadata: {name: eve@pve}
spec: {password: {valueFrom: {secretRef: {name: pw, key: %s}}}}
"""


def test_a_token_makes_a_password_and_changes_none(lab):
    ports = lab.ports(user="root@pam!pxhelm")

    def planned(key):
        return plan_objects(ports, lab.resources(SECRET, USER % key), PlanRequest())

    assert apply_plan(ports, planned("a"), QUICK).exit_code is ExitCode.OK
    assert planned("a").plan.empty
    (refused,) = planned("b").plan.blocked
    assert "lets no token change a password" in refused.message


def test_who_signs_in_with_a_password_may(lab):
    ports = lab.ports(user="root@pam")
    assert (
        apply_plan(ports, plan_objects(ports, lab.resources(SECRET, USER % "a"), PlanRequest()), QUICK).exit_code
        is ExitCode.OK
    )
    plan = plan_objects(ports, lab.resources(SECRET, USER % "b"), PlanRequest()).plan
    assert plan.blocked == ()
    assert [s.request.path for o in plan.objects for s in o.steps] == ["/access/password"]
