"""A password can be given by a token when its user is made, and changed by nobody who signs in with one; secrets are not lost."""

from pxhelm.apply.engine import apply_plan
from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.errors import ExitCode, PxhelmError
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


TOKEN = """
apiVersion: proxmox.io/v1
kind: APIToken
metadata: {name: "root@pam!ci"}
spec: {writeTo: {file: /nowhere/token}}
"""


def tokens(lab):
    return [row["tokenid"] for row in lab.api("GET", "/access/users/root@pam/token")]


def test_no_token_is_made_whose_secret_could_not_be_kept(lab):
    kept = {}

    def write(path, secret):
        if path not in kept:
            raise PxhelmError(f"cannot write {path}: no such file or directory")
        if secret is not None:
            kept[path] = secret.reveal()

    (failed,) = lab.apply_with(lab.ports(write_secret=write), TOKEN).failed
    assert "cannot write /nowhere/token" in failed.outcome.message
    assert "ci" not in tokens(lab)
    kept["/nowhere/token"] = ""
    assert lab.apply_with(lab.ports(write_secret=write), TOKEN).failed == ()
    assert "ci" in tokens(lab)
    assert kept["/nowhere/token"]
