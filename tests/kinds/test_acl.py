"""What of the rights is told to change: what differs, and nothing else."""

import pytest

from pxhelm.kinds import acl

from .conftest import resource

ACL = """
apiVersion: proxmox.io/v1
kind: ACL
metadata: {{name: it}}
spec: {{path: /vms, roles: {roles}, propagate: {propagate}, subjects: {subjects}}}
"""
BEFORE = {"roles": "[PVEVMUser]", "propagate": "true", "subjects": "[{group: ops}]"}


@pytest.mark.parametrize(
    ("wish", "changed"),
    [
        ({"propagate": "false"}, {"propagate"}),
        ({"roles": "[PVEVMUser, PVEVMAdmin]"}, {"roles"}),
        ({"subjects": "[{group: ops}, {user: root@pam}]"}, {"roles", "subjects.users"}),
    ],
)
def test_only_what_differs_is_told(cluster, apply_to, wish, changed):
    cluster.call("POST", "/access/groups", groupid="ops")
    it = apply_to(cluster, resource(ACL.format(**BEFORE)))
    it.apply()
    it.wanted = resource(ACL.format(**BEFORE | wish))
    assert set(it.changes()) == changed
    assert it.apply() == ["grant"]
    assert it.changes() == {}


def test_the_rights_of_others_on_the_same_path_are_listed_without_ours():
    rows = {
        "/pool/dmz PVEAdmin": {"path": "/pool/dmz", "roles": "PVEAdmin", "subjects.users": ("eve@pam", "root@pam")},
        "/pool/dmz PVEAuditor": {"path": "/pool/dmz", "roles": "PVEAuditor", "subjects.groups": ("ops",)},
    }
    ours = {"for.kind": "Pool", "for.name": "dmz", "roles": ("PVEAdmin", "PVEAuditor")}
    left = acl.beside(rows, ours | {"subjects.users": ("eve@pam",), "subjects.groups": ("ops",)})
    assert left == {"/pool/dmz PVEAdmin": {"path": "/pool/dmz", "roles": "PVEAdmin", "subjects.users": ("root@pam",)}}
