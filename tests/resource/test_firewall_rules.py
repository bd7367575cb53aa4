"""A list of rules, driven step by step against what the real Proxmox VE was recorded to do with positions."""

import json
import random

import pytest

from pxhelm.resource.compare import same
from pxhelm.resource.effects import classify
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Kind, LeafChange, Op
from pxhelm.resource.model import Existence, Live, Resource, Target
from pxhelm.resource.normal import Normal, ShorthandError
from pxhelm.resource.parts import firewall_rules
from pxhelm.resource.parts.firewall_rules import RuleList

KIND = Kind("Rules", "rules", (), False, False, 0, firewall_rules.fields())
KEY = ObjectKey("Rules", "", "it")


class Proxmox:
    """One list, as recorded (story fw/rules-01): a new rule lands on top, moveto goes before what stands there."""

    def __init__(self, *theirs):
        self.rows = [{"type": "in", "action": "DROP", "enable": 1, "comment": each} for each in theirs]
        self.seen = []

    def take(self, request):
        params = {k: v for k, v in request.params.items() if k != "digest"}
        params = {k: int(v) if isinstance(v, bool) else v for k, v in params.items()}
        if request.method == "POST":
            self.rows.insert(0, {"enable": 0, **params})
        else:
            position = int(request.path.rpartition("/")[2])
            if request.method == "DELETE":
                del self.rows[position]
            elif "moveto" in params:
                row, to = self.rows.pop(position), params["moveto"]
                self.rows.insert(to - 1 if to > position else to, row)
            else:
                for name in str(params.pop("delete", "")).split(","):
                    self.rows[position].pop(name, None)
                self.rows[position] |= params
        self.seen.append([row["comment"].removeprefix("px:") for row in self.rows if row["enable"]])

    def live(self):
        rows = [{**row, "pos": n, "digest": "d"} for n, row in enumerate(self.rows)]
        leaves = firewall_rules.leaves_of(rows, "")
        return Live(Existence.PRESENT, leaves, leaves, {"@rules": json.dumps(rows)})

    def order(self):
        return [row["comment"].removeprefix("px:") for row in self.rows]


def wanted_of(names, **more):
    spec = Normal({"rules": [{"name": n, "type": "in", "action": "ACCEPT"} for n in names], **more})
    firewall_rules.normalize(spec)
    leaves = {f"rules.{n}.{k}": v for n, rule in spec["rules"].items() for k, v in rule.items()}
    leaves |= {"ruleOrder": tuple(spec["ruleOrder"]), **{k: v for k, v in more.items() if k == "rulesPolicy"}}
    return Resource(KEY, leaves)


def settle(proxmox, wanted, applied=None):
    """Take first steps until there is none; return their verbs."""
    verbs = []
    foreseen = None
    for _ in range(100):
        live = proxmox.live()
        changes = [
            classify(KIND, LeafChange(p, Op.SET, live.intended.get(p), v), live)
            for p, v in wanted.leaves.items()
            if not same(KIND, wanted.leaves, live, p)
        ]
        change = Change(Target(KEY, "u"), live, wanted, tuple(changes), applied=(applied or wanted).leaves)
        steps = firewall_rules.steps(RuleList("/x"), change)
        foreseen = [s.verb for s in steps] if foreseen is None else foreseen
        if not steps:
            assert changes == []
            assert verbs == foreseen, "the plan foresaw every step"
            return verbs
        proxmox.take(steps[0].request)
        verbs.append(steps[0].verb)
    raise AssertionError(verbs)


def test_new_rules_are_made_from_the_bottom_up_and_need_no_move():
    proxmox = Proxmox("theirs")
    assert settle(proxmox, wanted_of("abc")) == ["insert"] * 3
    assert proxmox.order() == ["a", "b", "c", "theirs"]


def test_a_rule_between_others_is_switched_on_only_when_it_is_in_its_place():
    proxmox = Proxmox()
    settle(proxmox, wanted_of("ac"))
    proxmox.seen.clear()
    assert settle(proxmox, wanted_of("abc")) == ["insert", "reorder", "update"]
    assert proxmox.seen == [["a", "c"], ["a", "c"], ["a", "b", "c"]]


def test_a_replacement_is_there_before_what_it_replaces_goes():
    proxmox = Proxmox()
    before = wanted_of("ab")
    settle(proxmox, before)
    proxmox.seen.clear()
    assert settle(proxmox, wanted_of("xb"), before) == ["insert", "remove"]
    assert proxmox.seen == [["x", "a", "b"], ["x", "b"]]


def test_one_rule_that_changed_its_place_is_moved_and_no_other():
    proxmox = Proxmox("theirs")
    settle(proxmox, wanted_of("abcde"))
    assert settle(proxmox, wanted_of("eabcd")) == ["reorder"]
    assert proxmox.order() == ["e", "a", "b", "c", "d", "theirs"]


def test_rules_of_others_stay_or_go_as_told():
    proxmox = Proxmox("one", "two")
    settle(proxmox, wanted_of("a"))
    assert proxmox.order() == ["a", "one", "two"]
    assert settle(proxmox, wanted_of("a", rulesPolicy="Exclusive")) == ["remove", "remove"]
    assert proxmox.order() == ["a"]


@pytest.mark.parametrize("seed", range(40))
def test_any_order_becomes_any_other(seed):
    chance = random.Random(seed)
    names = "abcdefgh"
    first = chance.sample(names, chance.randint(0, 8))
    then = chance.sample(names, chance.randint(1, 8))
    proxmox = Proxmox("theirs", "more")
    before = wanted_of(first)
    settle(proxmox, before)
    settle(proxmox, wanted_of(then), before)
    assert [name for name in proxmox.order() if name in names] == then
    assert [name for name in proxmox.order() if name not in names] == ["theirs", "more"]


def test_a_rule_without_a_name_is_named_by_its_content_and_that_is_said():
    spec = Normal({"rules": [{"type": "in", "action": "ACCEPT"}]})
    firewall_rules.normalize(spec)
    (name,) = spec["rules"]
    assert name.startswith("r")
    assert spec.lints[0].startswith("W103: rule 0 has no name")


def test_two_rules_of_one_name_are_refused():
    with pytest.raises(ShorthandError, match="two rules are called a"):
        firewall_rules.normalize(Normal({"rules": [{"name": "a", "group": "g"}, {"name": "a", "group": "g"}]}))
