"""With which rules a cluster's firewall may be switched on."""

import json

import pytest

from pxhelm.resource.model import Existence, Live
from pxhelm.resource.parts.lockout import locked_out

API = {"type": "in", "action": "ACCEPT", "proto": "tcp", "dport": ("8006",)}


def out(*rules, foreign=(), **leaves):
    for number, rule in enumerate(rules):
        leaves |= {f"rules.r{number}.{part}": value for part, value in rule.items()}
    live = Live(Existence.PRESENT, raw={"@rules": json.dumps(foreign)})
    return bool(locked_out({"enabled": True, **leaves}, live))


@pytest.mark.parametrize(
    "rule",
    [
        API,
        API | {"dport": ("22", "8000:8010")},
        {"type": "in", "action": "ACCEPT"},
        {"type": "in", "action": "ACCEPT", "proto": "tcp"},
        {"group": "baseline"},
    ],
)
def test_a_rule_that_lets_in_is_enough(rule):
    assert not out(rule)


@pytest.mark.parametrize(
    "rule",
    [
        API | {"dport": ("22", "9000:9010")},
        API | {"enabled": False},
        API | {"type": "out"},
        API | {"action": "DROP"},
        {"type": "in", "action": "ACCEPT", "proto": "udp"},
        {"type": "in", "action": "ACCEPT", "macro": "SSH"},
    ],
)
def test_a_rule_that_does_not_let_in_is_not(rule):
    assert out(rule)


def test_rules_of_others_count_while_they_stay():
    theirs = [{"pos": 0, "type": "in", "action": "ACCEPT", "dport": "8006", "proto": "tcp", "enable": 1}]
    assert not out(foreign=theirs)
    assert out(foreign=theirs, rulesPolicy="Exclusive")
    assert out(foreign=[theirs[0] | {"enable": 0}])


def test_without_a_wish_to_shut_nothing_is_shut():
    assert not out(enabled=False)
    assert not out(policyIn="ACCEPT")
