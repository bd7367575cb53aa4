"""What a .helmignore leaves out, checked against what Helm documents and does."""

import pytest

from pxhelm.chart.ignore import parse
from pxhelm.chart.model import ChartError
from pxhelm.chart.pathmatch import BadPatternError, path_match


@pytest.mark.parametrize(
    ("pattern", "path", "folder", "ignored"),
    [
        ("helm.txt", "helm.txt", False, True),
        ("helm.*", "helm.txt", False, True),
        ("helm.*", "rudder.txt", False, False),
        ("*.txt", "cargo/a.txt", False, True),
        ("cargo/*.txt", "cargo/a.txt", False, True),
        ("cargo/*.txt", "mast/a.txt", False, False),
        ("ru[c-e]?er.txt", "rudder.txt", False, True),
        ("templates/.?*", "templates/.dotfile", False, True),
        ("/a.txt", "a.txt", False, True),
        ("/a.txt", "cargo/a.txt", False, False),
        ("cargo/", "cargo", True, True),
        ("cargo/", "cargo", False, False),
        ("/cargo/", "mast/cargo", True, False),
        ("!helm.txt", "helm.txt", False, False),
        ("!helm.txt", "Chart.yaml", False, True),
        ("!*.txt\n*.yaml", "a.txt", False, False),
        ("# a.txt", "a.txt", False, False),
        ("  a.txt  ", "a.txt", False, True),
    ],
)
def test_rules_decide_as_helms(pattern, path, folder, ignored):
    assert parse(pattern).ignores(path, folder=folder) is ignored


def test_dot_files_among_the_templates_never_count():
    assert parse().ignores("templates/.swp", folder=False)
    assert not parse().ignores("templates/a.yaml", folder=False)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [("a/**/b", r"double-star \(\*\*\) syntax is not supported"), ("[a", "syntax error in pattern")],
)
def test_patterns_that_helm_refuses_are_refused(pattern, message):
    with pytest.raises(ChartError, match=message):
        parse(pattern)


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("abc", "abc", True),
        ("*c", "abc", True),
        ("a*", "ab/c", False),
        ("a*/b", "a/c/b", False),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/f", True),
        ("a*b?c*x", "abxbbxdbxebxczzx", True),
        ("a*b?c*x", "abxbbxdbxebxczzy", False),
        ("ab[^e-g]", "abc", True),
        ("ab[^b-d]", "abc", False),
        ("a\\*b", "a*b", True),
        ("a???b", "aé☺ñb", True),
        ("[a-ζ]*", "α", True),
        ("", "", True),
        ("*", "a/b", False),
    ],
)
def test_path_match_is_gos(pattern, name, matches):
    assert path_match(pattern, name) is matches


@pytest.mark.parametrize("pattern", ["[]a]", "[-]", "[x-]", "[", "[^bc", "a[", "\\"])
def test_path_match_finds_bad_patterns_where_it_gets_to_them(pattern):
    with pytest.raises(BadPatternError):
        path_match(pattern, "a")
