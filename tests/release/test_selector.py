import pytest

from pxhelm.errors import PxhelmError
from pxhelm.release.selector import parse_selector

LABELS = {"env": "lab", "tier": "2", "in": "x", "empty": ""}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("env=lab", True),
        ("env==lab , tier", True),
        ("env!=lab", False),
        ("other!=lab", True),
        ("!other", True),
        ("! env", False),
        ("env in (lab,prod)", True),
        ("env in ( prod )", False),
        ("env notin (prod)", True),
        ("other notin (prod)", True),
        ("env notin (lab)", False),
        ("tier>1", True),
        ("tier<2", False),
        ("in=x", True),
        ("in in (in, x)", True),
        ("empty=", True),
        ("empty in (,a)", True),
        ("empty in (a,)", True),
        ("env=", False),
    ],
)
def test_selectors_match(text, matches):
    assert parse_selector(text)(LABELS) is matches


@pytest.mark.parametrize(
    ("text", "error"),
    [
        # The first is recorded from Helm; the others are apimachinery's own texts.
        ("env in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
        ("env in lab", "unable to parse requirement: found 'lab' expected: '('"),
        ("env in (a b)", "unable to parse requirement: found 'b', expected: ',' or ')'"),
        ("env lab", "unable to parse requirement: found 'lab', expected: in, notin, =, ==, !=, gt, lt"),
        ("=lab", "found '=', expected: !, identifier, or 'end of string'"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("a==(b", "unable to parse requirement: found '(', expected: identifier"),
    ],
)
def test_bad_selectors_have_kubernetes_texts(text, error):
    with pytest.raises(PxhelmError) as bad:
        parse_selector(text)
    assert str(bad.value) == error
