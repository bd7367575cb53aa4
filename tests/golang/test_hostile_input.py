"""What a hostile chart may feed the Go libraries ends in bounded time, and in an error or an answer."""

import contextlib
import time

import pytest

from pxhelm.golang import cast, duration, glob, json, regexp_syntax, semver, yaml

LIMIT = 3.0
"""Seconds; each case takes milliseconds unless something backtracks or recurses without end."""


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (semver.parse_constraint, "1  " * 150 + "!"),
        (semver.parse_constraint, "1" + "-a" * 240),
        (lambda pattern: glob.match(pattern, "a" * 300), "*a" * 30 + "b"),
        (yaml.load, "a: " + "9" * 6000),
        (yaml.load, "[" * 50_000),
        (yaml.load, "{a: " * 50_000),
        (yaml.load, "- " * 10_000 + "a"),
        (yaml.load, "a: &a [1]\nb: [" + "*a," * 20_000 + "]"),
        (json.unmarshal, "[" * 100_000),
        (json.unmarshal, "9" * 6000),
        (duration.parse_duration, "9" * 6000 + "s"),
        (cast.to_int64, "9" * 6000),
        (regexp_syntax.checked, "[" + "[:" * 50_000),
        (regexp_syntax.checked, "(" * 100_000),
        (regexp_syntax.checked, "(" * 990 + "a{2}" * 10_000 + ")" * 990),
        (regexp_syntax.checked, "(" * 900 + "a" + "){1}" * 900),
        (regexp_syntax.checked, "\\Q\\E" * 50_000),
    ],
)
def test_it_ends(call, argument):
    start = time.process_time()
    with contextlib.suppress(ValueError):
        call(argument)
    assert time.process_time() - start < LIMIT


def test_a_map_without_a_bottom_is_looked_through_without_a_stack():
    deep, own = {}, []
    for _ in range(200_000):
        deep = {"a": deep}
    assert json.holds_itself(deep) is None
    own.append({"b": [own]})
    assert json.holds_itself({"a": own, "z": 1}) is own
    shared = [1]
    assert json.holds_itself([shared, shared]) is None
