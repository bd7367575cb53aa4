"""Where sprig surprises; what Helm answers is in the recorded cases, the laws are here."""

import pytest

from pxhelm.golang.value import Int64, NilList, Strings
from pxhelm.gotemplate.functions import ALL
from pxhelm.gotemplate.signature import FunctionError


def call(name, *arguments):
    return ALL[name].call(*arguments)


def test_merge_fills_what_is_empty_in_place():
    target = {"a": False, "b": {"x": 1}, "c": [1]}
    result = call("merge", target, {"a": True, "b": {"x": 9, "y": 2}, "c": [2], "d": None})
    assert result is target
    assert target == {"a": True, "b": {"x": 1, "y": 2}, "c": [1]}


def test_merge_shares_the_maps_it_takes():
    source = {"m": {"x": 1}}
    call("set", call("merge", {}, source)["m"], "x", 2)
    assert source == {"m": {"x": 2}}


def test_merge_overwrite_keeps_null():
    assert call("mergeOverwrite", {"a": 1, "b": {"x": 1}}, {"a": None, "b": {"y": 2}}) == {
        "a": None,
        "b": {"x": 1, "y": 2},
    }


def test_a_map_merged_with_itself_stays_as_it_is():
    value = {"a": 1}
    assert call("merge", value, value) == {"a": 1}


def test_deep_copies_share_nothing():
    value = {"a": [{"b": 1}]}
    copy = call("deepCopy", value)
    copy["a"][0]["b"] = 2
    assert value == {"a": [{"b": 1}]}


def test_numbers_of_other_types_are_not_the_same_element():
    assert not call("has", 3, [3.0])
    assert call("has", 3.0, [3.0])
    assert call("uniq", [1, 1.0, True, 1]) == [1, 1.0, True]
    assert [type(v) for v in call("uniq", [1, 1.0, True, 1])] == [int, float, bool]
    assert not call("deepEqual", ["a"], Strings(["a"]))


def test_nothing_is_not_an_empty_list():
    assert call("toJson", NilList()) == "null"
    assert call("toJson", call("rest", [])) == "null"
    assert call("toJson", []) == "[]"


def test_arithmetic_wraps_as_64_bits_do():
    assert call("add", 2**63 - 1, 1) == -(2**63)
    assert call("mul", 2**62, 4) == 0
    assert isinstance(call("add", 1, 1), Int64)


@pytest.mark.parametrize("name", ["div", "mod"])
def test_division_by_zero_is_gos_panic(name):
    with pytest.raises(FunctionError, match="runtime error: integer divide by zero"):
        call(name, 1, 0)


def test_division_cuts_towards_zero():
    assert (call("div", -7, 2), call("mod", -7, 2)) == (-3, -1)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("repeat", (10**9, "xx")), ("indent", (10**12, "x")), ("until", (10**12,)), ("untilStep", (0, 10**12, 1))],
)
def test_one_call_cannot_fill_the_memory(name, arguments):
    with pytest.raises(FunctionError, match=r"is (larger|longer) than"):
        call(name, *arguments)


def test_a_hostile_pattern_ends_in_bounded_time():
    assert call("regexMatch", "(a*)*b", "a" * 100_000) is False
    with pytest.raises(FunctionError, match="invalid repeat count"):
        call("mustRegexMatch", "a{1001}", "")


def test_strings_are_bytes():
    assert call("trunc", 1, "éa").encode("utf-8", "surrogateescape") == b"\xc3"
    assert call("substr", 0, 2, "éa") == "é"
    assert call("b64enc", call("b64dec", "/w==")) == "/w=="


def test_what_cannot_be_decoded_is_its_error():
    assert call("b64dec", "a") == "illegal base64 data at input byte 0"
    assert call("fromYaml", "[1]")["Error"].startswith("error unmarshaling JSON")
    assert call("fromJsonArray", "{") == ["unexpected end of JSON input"]


def test_toml_reads_what_it_prints():
    value = {"a": {"b": [1.5, 2.0], "c d": "x\n"}, "t": [{"x": True}, {"y": "é"}]}
    assert call("fromToml", call("toToml", value)) == value
