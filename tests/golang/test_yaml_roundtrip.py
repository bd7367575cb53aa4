"""Laws of reading and printing YAML as Helm does."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pxhelm.golang import json, yaml

# goyaml cannot read the control characters that JSON leaves as they are: toYaml of such is empty
UNREADABLE = "".join(map(chr, range(0x7F, 0xA0))) + "\ufffe\uffff"
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters=UNREADABLE), max_size=40)
scalars = (
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.sampled_from(["y", "no", "1:30", "0x1", "2020-01-01", "a b " * 40, "- x", "l1\nl2\n", "  lead\nx", "#", "é😀"])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)


@settings(max_examples=300, deadline=None)
@given(values)
def test_what_is_printed_reads_back_equal(value):
    assert yaml.load(yaml.to_yaml(value)) == value


@settings(max_examples=100, deadline=None)
@given(values)
def test_the_pretty_form_reads_back_equal(value):
    assume("<<" not in str(value))  # Helm, too, prints this key as if it asked for a merge
    assert yaml.load(yaml.to_yaml_pretty(value)) == value


@settings(max_examples=100, deadline=None)
@given(values)
def test_json_reads_back_equal(value):
    assert json.unmarshal(json.marshal(value)) == value
    assert json.unmarshal(json.marshal(value, indent="  ", html=False)) == value


@settings(max_examples=100, deadline=None)
@given(values)
def test_both_roads_give_the_same_value(value):
    text = yaml.to_yaml(value)
    assert yaml._exact(text, strict=False, numbers=False) == yaml.load(text)


def test_every_number_is_a_float():
    assert [type(v) for v in yaml.load("[1, 0x1f, 1.5]")] == [float] * 3


def test_a_typed_load_keeps_integers_apart():
    assert [type(v) for v in yaml.load_typed("[1, 1.0, '1']")] == [int, float, str]


def test_the_last_of_duplicate_keys_wins_unless_strict():
    assert yaml.load("a: 1\na: 2\n") == {"a": 2.0}
    with pytest.raises(yaml.YamlError, match='yaml: unmarshal errors:\n  line 2: key "a" already set in map'):
        yaml.load("a: 1\na: 2\n", strict=True)


def test_merge_keys_give_way_to_the_maps_own():
    assert yaml.load("b: &b {x: 1, w: 2}\nc:\n  <<: *b\n  x: 3\n")["c"] == {"x": 3.0, "w": 2.0}


def test_an_alias_bomb_is_refused():
    text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)
    )
    with pytest.raises(yaml.YamlError, match="excessive aliasing"):
        yaml.load(text)


def test_deep_nesting_is_an_error_not_a_crash():
    with pytest.raises(yaml.YamlError, match="exceeded max depth"):
        yaml.load("[" * 5000 + "]" * 5000)


def test_positions_lead_to_keys_and_items():
    documents = yaml.load_with_positions("a:\n  b: 1\n  c:\n  - x\n  - w: 2\n---\nz: 3\n")
    assert [d.value for d in documents] == [{"a": {"b": 1.0, "c": ["x", {"w": 2.0}]}}, {"z": 3.0}]
    assert documents[0].positions[("a", "c", 1, "w")] == (5, 5)
    assert documents[0].positions[("a", "b")] == (2, 3)
    assert documents[1].positions[("z",)] == (7, 1)


def test_infinity_cannot_be_json():
    with pytest.raises(yaml.YamlError, match=r"json: unsupported value: \+Inf"):
        yaml.load("a: .inf")
    with pytest.raises(json.JsonError):
        json.marshal(math.nan)


def test_a_lone_surrogate_becomes_the_replacement_character():
    assert json.unmarshal('"\\ud800x\\\\ud800"') == "\ufffdx\\ud800"
