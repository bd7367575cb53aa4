"""The ``--set`` family where the recorded cases do not reach."""

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.golang.value import Int64
from pxhelm.values.set import SetError, set_file, set_json, set_literal, set_values


def test_a_file_flag_reads_each_path():
    values = {}
    set_file("a=one.txt,b.c=two.txt", values, {"one.txt": "1", "two.txt": "2"}.__getitem__)
    assert values == {"a": "1", "b": {"c": "2"}}


def test_a_file_that_cannot_be_read_leaves_null_behind():
    def read(path):
        raise PxhelmError(f"open {path}: no such file or directory")

    values = {}
    with pytest.raises(PxhelmError, match="open gone: no such file"):
        set_file("a=gone", values, read)
    assert values == {"a": None}


def test_numbers_are_int64_and_only_without_leading_zero():
    values = {}
    set_values("a=7,b=07,c=-1,d=9223372036854775808,e=0,f=+3,g=1_000", values)
    assert values == {"a": 7, "b": "07", "c": -1, "d": "9223372036854775808", "e": 0, "f": 3, "g": "1_000"}
    assert type(values["a"]) is type(values["e"]) is Int64


def test_nesting_is_limited_as_helms():
    with pytest.raises(SetError, match="greater than maximum supported nested level of 30"):
        set_values(".".join("a" * 40) + "=1", {})


def test_a_huge_index_is_refused_before_the_list_is_made():
    with pytest.raises(SetError, match="index of 65537 is greater than maximum supported index of 65536"):
        set_values("a[65537]=1", {})


def test_json_takes_whole_values_and_stops_at_their_end():
    values = {}
    set_json('a={"b":[1,{"c":null}]},d="x,y"', values)
    assert values == {"a": {"b": [1.0, {"c": None}]}, "d": "x,y"}


def test_json_that_breaks_off_is_an_error():
    with pytest.raises(SetError, match="unexpected EOF"):
        set_json('a={"b":', {})


def test_literals_keep_every_character():
    values = {}
    set_literal(r"a.b=x,y={1}\.[0]", values)
    assert values == {"a": {"b": r"x,y={1}\.[0]"}}
