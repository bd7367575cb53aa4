"""The shortest road reads what the exact one reads, or nothing at all."""

import random

import pytest

from pxhelm.golang import yaml
from pxhelm.golang.yaml_compose import UNUSUAL
from pxhelm.golang.yaml_plain import plain_value

SCALARS = (
    *(
        "",
        "",
        "a",
        "web-1",
        "a b  c",
        "1",
        "-1",
        "1.5",
        "0777",
        "0x1F",
        "1_000",
        "true",
        "yes",
        "no",
        "~",
        "null",
        "1e3",
    ),
    *(
        '"a: b # c"',
        "'x # y'",
        "''",
        '""',
        "{}",
        "[]",
        "http://a/b?c=d#e",
        "2024-01-01",
        "12:30",
        "a:b",
        "a: b",
        "a #b",
    ),
    *("a#b", ".inf", ".5", "...", "-", "--", "---", "- a", "&a", "*a", "|", ">", "!t", "{a: b}", "[1, 2]", "'a''b'"),
    *(
        '"a\\nb"',
        "%x",
        "@x",
        "`x`",
        "a:",
        ": a",
        "? a",
        "a, b",
        "a]",
        "a}",
        "=",
        "<<",
        "x\ty",
        "é",
        "a # b",
        "a  ",
        "'a",
        '"',
    ),
)
KEYS = ("a", "b", "c", "on", "yes", "n", "null", "a.b/c-d", "_x", "1", "<<", '"q"', "a b", "Off", "-a", "?", "")


def random_document(seed):
    chance = random.Random(seed)
    lines = []
    for _ in range(chance.randint(1, 7)):
        indent = "  " * chance.choice((0, 0, 0, 1, 1, 2)) + " " * (chance.random() < 0.05)
        dash = "- " if chance.random() < 0.3 else ""
        key = chance.choice(KEYS[:3] if chance.random() < 0.8 else KEYS) + ":" if chance.random() < 0.8 else ""
        scalar = chance.choice(SCALARS[:28] if chance.random() < 0.7 else SCALARS)
        gap = " " if key and scalar and chance.random() < 0.97 else ""
        comment = chance.choice(("", "", "", "", " # c", "#c"))
        lines.append(
            chance.choice(("", "# only", "   "))
            if chance.random() < 0.1
            else indent + dash + key + gap + scalar + comment
        )
    return "\n".join(lines) + chance.choice(("", "\n"))


def exact(text):
    try:
        return yaml._exact(text, strict=False, numbers=False)
    except yaml.YamlError as error:
        return error


def test_random_documents_mean_the_same_on_both_roads():
    taken = 0
    for seed in range(6000):
        text = random_document(seed)
        value = plain_value(text)
        if value is not UNUSUAL:
            taken += 1
            assert repr(value) == repr(exact(text)), text
    assert taken > 400


@pytest.mark.parametrize(
    "text",
    [
        "a:\n- b: 1\n  c:\n  - d\n- e:\nf: null\n",
        "# head\n\na: # note\n  b: 'x'\n\n  c: \"y\"   # z\nd:\n",
        "- a\n- b: {}\n  c: []\n-  \n"[:-4],
        "metadata:\n  name: web\n  labels:\n    app.kubernetes.io/name: web\nspec:\n    ports:\n    - port: 80\n      on: yes\n",
    ],
)
def test_ordinary_documents_take_the_shortest_road(text):
    assert plain_value(text) is not UNUSUAL
    assert repr(plain_value(text)) == repr(exact(text))


@pytest.mark.parametrize(
    "text",
    ["", "a", "a: b\n  c: d", "a: b\n c", "a:\n    b: 1\n  c: 2", "- a\nb: c", "a: 1\n- b", "a: b: c", "a: |\n  x", "---\na: 1", "a: *b", "a: 'b\n  c'", "a:\tb", "a: b\r\n", "a: é", "a: \x7f", "<<: {}", "a: .inf", 'a: "\\/"'],
)  # fmt: skip
def test_all_else_is_left_to_a_parser(text):
    assert plain_value(text) is UNUSUAL
