"""A reference to a guest that is nowhere is said with the guest's name, and where an edge is not written it follows from the name."""

import re

import pytest

HEAD = "apiVersion: proxmox.io/v1\nkind: {kind}\nmetadata: {{name: one}}\nspec: {spec}\n"
CASES = [
    (
        "ReplicationJob",
        "{guest: nobody, target: pve-node2}",
        "cannot write guest of .*: nobody: no guest has that name",
    ),
    (
        "SDNSubnet",
        "{vnet: lab, cidr: 10.9.0.0/24, addresses: [{ip: 10.9.0.5, guest: nobody}]}",
        r"cannot write addresses.10.9.0.5 of .*: nobody: no guest has that name",
    ),
    (
        "BackupJob",
        "{schedule: '02:00', guests: {selector: {app: none}}}",
        "no guest carries the labels of guests.selector",
    ),
    (
        "HARule",
        "{type: resource-affinity, affinity: negative, guests: {selector: {app: none}}}",
        "no guest carries the labels of guests.selector",
    ),
    ("Pool", "{members: {guests: [{vmid: 12345}]}}", "there is no guest 12345 to be a member"),
]


@pytest.mark.parametrize(("kind", "spec", "message"), CASES, ids=[case[0] for case in CASES])
def test_it_is_refused_before_anything_is_written_and_says_why(lab, kind, spec, message):
    lab.api("POST", "/cluster/sdn/zones", zone="simple1", type="simple")
    lab.api("POST", "/cluster/sdn/vnets", vnet="lab", zone="simple1")
    lab.api("PUT", "/cluster/sdn")
    (blocked,) = [b for b in lab.plan(HEAD.format(kind=kind, spec=spec)).plan.blocked if b.key.kind == kind]
    assert re.search(message, blocked.message), blocked.message


def test_a_token_waits_for_the_user_that_its_name_says(lab):
    user = "apiVersion: proxmox.io/v1\nkind: User\nmetadata: {name: ci@pve}\nspec: {}\n"
    token = "apiVersion: proxmox.io/v1\nkind: APIToken\nmetadata: {name: 'ci@pve!deploy'}\nspec: {}\n"
    (found,) = lab.resources(token)
    assert [(r.kinds, r.name) for r in found.references] == [(("User",), "ci@pve")]
    assert [o.key.kind for o in lab.plan(token, user).plan.objects] == ["User", "APIToken"]
