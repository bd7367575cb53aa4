"""Laws of the Go libraries that have no recorded cases of their own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxhelm.golang import (
    base64,
    cast,
    duration,
    glob,
    layout_parse,
    paths,
    regexp,
    semver,
    strconv,
    times,
    toml,
    toml_decode,
    urls,
)
from pxhelm.golang.calendar import civil_from_days, days_from_civil, load_location

fast = settings(max_examples=150, deadline=None)
int64s = st.integers(-(2**63), 2**63 - 1)


@fast
@given(int64s)
def test_a_duration_reads_back(nanoseconds):
    assert duration.parse_duration(duration.format_duration(nanoseconds)) == nanoseconds


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [  # what Go's time.ParseDuration says
        (".9999999999999999999s", 1_000_000_000),
        ("12.99999999999999999999µs", 13_000),
        ("0.3333333333333333333h", 1_200_000_000_000),
        ("0.100000000000000000000h", 360_000_000_000),
        ("1.00000000000000000000000000000000001ms", 1_000_000),
        ("0.0000000000000000000000009h", 0),
        ("99.5ns", 99),
        ("5.s", 5_000_000_000),
    ],
)
def test_a_fraction_is_counted_in_floating_point(text, nanoseconds):
    assert duration.parse_duration(text) == nanoseconds


@fast
@given(st.integers(-(10**6), 10**7))
def test_the_calendar_turns_back(days):
    assert days_from_civil(*civil_from_days(days)) == days


@fast
@given(st.integers(-62135500000, 253402200000), st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York"]))
def test_a_time_printed_with_its_offset_reads_back(unix, zone):
    time = times.Time(unix, 0, load_location(zone))
    text = time.format("2006-01-02T15:04:05Z07:00:00")
    assert layout_parse.parse_time("2006-01-02T15:04:05Z07:00:00", text).unix == unix


@fast
@given(st.floats(allow_nan=False))
def test_a_printed_float_reads_back(number):
    assert strconv.parse_float(strconv.format_float(number)) == number


@fast
@given(st.binary(max_size=40))
def test_base64_refuses_what_it_would_not_have_written(raw):
    try:
        decoded = base64.decode(raw)
    except base64.Base64Error:
        return
    import base64 as standard

    assert standard.b64encode(decoded) == raw.replace(b"\r", b"").replace(b"\n", b"") or raw.strip(b"=\r\n")


@fast
@given(int64s)
def test_a_number_is_cast_to_itself(number):
    assert cast.to_int64(str(number)) == cast.to_int64(number) == number


def test_a_number_with_a_leading_zero_is_octal():
    assert (cast.to_int64("010"), cast.to_int64("08"), cast.to_float64("010")) == (8, 0, 10.0)


versions = st.builds("{}.{}.{}{}".format, *[st.integers(0, 3)] * 3, st.sampled_from(["", "-rc.1", "-rc.2", "+x"]))


@fast
@given(versions, versions)
def test_versions_are_in_one_order(left, right):
    a, b = semver.parse(left), semver.parse(right)
    assert a.compare(b) == -b.compare(a)
    if "-" not in left + right:
        assert semver.parse_constraint(f">={right}").check(a) == (a.compare(b) >= 0)


def test_a_prerelease_needs_a_range_that_names_one():
    check = lambda c, v: semver.parse_constraint(c).check(semver.parse(v))  # noqa: E731
    assert not check(">=1.0", "1.2.0-rc1")
    assert check(">=1.0.0-0", "1.2.0-rc1")


@fast
@given(st.text(max_size=20), st.text(max_size=20))
def test_a_quoted_pattern_finds_its_own_text(before, text):
    pattern = regexp.compile_pattern(regexp.quote_meta(text))
    assert regexp.matches(pattern, before + text)
    assert regexp.replace_all_literal(pattern, before, "") == before.replace(text, "")


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("a/*", "a/b", True),
        ("a/*", "a/b/c", False),
        ("a/**", "a/b/c", True),
        ("*.{yaml,yml}", "x.yml", True),
        ("[!a-c]x", "dx", True),
        ("[!a-c]x", "bx", False),
        ("?", "/", False),
        ("\\*", "*", True),
        ("\\*", "x", False),
    ],
)
def test_file_patterns_stay_in_their_folder(pattern, path, fits):
    assert glob.match(pattern, path) is fits


def test_a_bad_file_pattern_is_an_error():
    with pytest.raises(glob.GlobError):
        glob.compile_glob("[a")


@fast
@given(st.lists(st.sampled_from(["a", "b", ".", "..", ""]), max_size=6).map("/".join))
def test_cleaning_a_path_twice_is_cleaning_it_once(path):
    assert paths.clean(paths.clean(path)) == paths.clean(path)


@fast
@given(
    st.dictionaries(
        st.text("ab é.", min_size=1, max_size=4),
        st.text(st.characters(exclude_categories=("Cs",)), max_size=8) | st.booleans(),
        max_size=4,
    )
)
def test_toml_reads_back(value):
    assert toml_decode.decode(toml.encode(value)) == value


@pytest.mark.parametrize("text", ["http://u:p@h:80/a%20b?q=1#f", "mailto:x@y", "//host/path", "/p?x", "a/b"])
def test_a_url_put_together_is_the_url_taken_apart(text):
    assert str(urls.parse(text)) == text
