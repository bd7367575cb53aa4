"""Rules of a guest's firewall: ours by name and in order, those of others where they are."""

import itertools

import pytest

from tests.kinds.conftest import Applier, Cluster, resource

VM = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web}
spec:
  disks: {scsi0: {storage: local-lvm, size: 1G}}
  power: Stopped
  firewall: FIREWALL
"""


@pytest.fixture(scope="module")
def cluster():
    found = Cluster()
    yield found
    found.simulator.close()


_vmids = itertools.count(31000)


class Guest(Applier):
    def __init__(self, cluster, firewall):
        super().__init__(cluster, resource(VM.replace("FIREWALL", firewall)), vmid=next(_vmids))
        self.target = self.with_firewall(self.target)

    def with_firewall(self, target):
        from dataclasses import replace

        return replace(target, wants=frozenset(("firewall",)))

    def want(self, firewall):
        self.wanted = resource(VM.replace("FIREWALL", firewall))

    @property
    def base(self):
        return f"/nodes/{self.observe().node}/qemu/{self.target.vmid}/firewall"

    def names(self):
        rules = self.cluster.call("GET", f"{self.base}/rules")
        return [r.get("comment", "") for r in sorted(rules, key=lambda r: int(r["pos"]))]


def rules(*names, policy="Merge"):
    listed = ", ".join(f"{{name: {n}, type: in, action: ACCEPT, proto: tcp, dport: {80 + ord(n[0])}}}" for n in names)
    return f"{{rulesPolicy: {policy}, rules: [{listed}]}}"


@pytest.mark.parametrize("order", list(itertools.permutations("abcd"))[::5])
def test_rules_come_to_stand_in_the_order_of_the_manifest(cluster, order):
    guest = Guest(cluster, rules(*"abcd"))
    guest.apply()
    assert guest.names() == ["px:a", "px:b", "px:c", "px:d"]
    guest.want(rules(*order))
    verbs = guest.apply()
    assert guest.names() == [f"px:{n}" for n in order]
    assert len(verbs) < 4
    assert set(verbs) <= {"reorder"}


def test_rules_of_others_keep_their_places_and_a_new_rule_stands_beside_its_neighbours(cluster):
    guest = Guest(cluster, rules("a", "c"))
    guest.apply()
    guest.cluster.call("POST", f"{guest.base}/rules", type="in", action="DROP", comment="by hand", pos=2)
    assert guest.names() == ["px:a", "by hand", "px:c"]
    guest.want(rules("a", "b", "c"))
    guest.apply()
    assert guest.names() == ["px:a", "by hand", "px:b", "px:c"]
    assert guest.apply() == []


def test_exclusive_removes_rules_of_others(cluster):
    guest = Guest(cluster, rules("a"))
    guest.apply()
    for number in (1, 2):
        guest.cluster.call("POST", f"{guest.base}/rules", type="in", action="DROP", comment=f"by hand {number}")
    guest.want(rules("a", policy="Exclusive"))
    guest.apply()
    assert guest.names() == ["px:a"]


def test_what_lets_in_is_there_before_the_firewall_shuts_and_names_before_the_rules_that_use_them(cluster):
    wanted = (
        "{enabled: true, policyIn: DROP, ipsets: {admins: [10.0.0.0/24]}, aliases: {gate: 10.0.0.1},"
        " rules: [{name: ssh, type: in, action: ACCEPT, macro: SSH, source: +admins}]}"
    )
    guest = Guest(cluster, wanted)
    cluster.sent.clear()
    guest.apply()
    ends = [path.rpartition("/firewall/")[2] for method, path in cluster.writes() if "firewall" in path]
    assert sorted(ends[:3]) == ["aliases", "ipset", "ipset/admins"]
    assert ends[3:] == ["rules", "options"]


def test_a_rule_without_a_name_is_named_after_its_content():
    found = resource(VM.replace("FIREWALL", "{rules: [{type: in, action: ACCEPT, macro: SSH}]}"))
    again = resource(VM.replace("FIREWALL", "{rules: [{macro: SSH, type: in, action: ACCEPT}]}"))
    assert {*found.leaves} == {*again.leaves}
    assert sum(path.endswith(".macro") for path in found.leaves) == 1
