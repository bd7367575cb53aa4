"""What is named and nowhere is told by the plan, with what was probably meant."""

import pytest

HEAD = "apiVersion: proxmox.io/v1\nkind: {}\nmetadata: {{name: {}}}\nspec: {}\n"
ACL = HEAD.format("ACL", "a", "{path: /vms, roles: [%s], subjects: [{user: root@pam}]}")
ROLE = HEAD.format("Role", "mine", "{id: Deployer, privileges: [VM.Audit]}")


def refused(lab, *texts):
    return {b.key.address: b.message for b in lab.plan(*texts).plan.blocked}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ACL % "PVEVMUsr", "there is no Role PVEVMUsr (roles); did you mean PVEVMUser?"),
        (HEAD.format("User", "eve@corp", "{}"), "there is no Realm corp (id); there are pam, pve"),
        (
            HEAD.format("Firewall", "fw", "{target: {node: pve-node1}, rules: [{name: a, group: base}]}"),
            "there is no SecurityGroup base (rules.a.group); there are none",
        ),
        (
            HEAD.format("VirtualMachine", "web", "{firewall: {rules: [{name: a, group: base}]}}"),
            "there is no SecurityGroup base (firewall.rules.a.group); there are none",
        ),
    ],
)
def test_what_is_nowhere_is_told(lab, text, message):
    assert list(refused(lab, text).values()) == [message]


def test_what_the_plan_makes_the_store_knows_or_the_cluster_has_is_there(lab):
    assert refused(lab, ACL % "PVEVMUser") == {}
    assert refused(lab, ACL % "mine", ROLE) == {}
    assert refused(lab, ACL % "Deployer", ROLE) == {}
    assert lab.apply(ROLE).failed == ()
    assert refused(lab, ACL % "mine") == {}
    assert lab.apply(ACL % "Deployer").failed == ()


def test_the_cluster_is_asked_only_for_what_is_open(lab):
    realm = HEAD.format("Realm", "corp", "{type: ldap, servers: [l], baseDN: 'dc=a', userAttr: uid}")
    user = HEAD.format("User", "eve@corp", "{}")

    def asked(*texts):
        mark = lab.mark
        lab.plan(*texts)
        return sum(e.path.endswith("/access/domains") for e in lab.simulator.log() if e.id > mark)

    assert asked(realm, user) == 0
    assert asked(user) == 1
