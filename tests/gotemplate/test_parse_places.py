"""Where in its line a template does not parse: Go tells the line alone, the caret stands under what is wrong."""

from __future__ import annotations

import pytest

from pxhelm.gotemplate.errors import ParseError
from pxhelm.gotemplate.parser import parse


@pytest.mark.parametrize(
    ("text", "line", "under"),
    [
        ("a: é {{ .Values.a | frob }}\n", 1, "frob"),
        ("a: 1\nb: {{ .Values.a }\nc: 1\n", 2, "}"),
        ("a: {{ $x }}\n", 1, "$x"),
        ('a: {{ "abc\n }}\n', 1, '"abc'),
        ("a:\n  b: {{ (1 }}\n", 2, "}}"),
        ("a: {{ foo\n  . }}\n", 1, "foo"),
    ],
)
def test_the_place_is_that_of_the_token(text, line, under):
    with pytest.raises(ParseError) as caught:
        parse("t", text, frozenset())
    place = caught.value.place
    assert place.line == line
    assert place.text.encode()[place.column :].decode().startswith(under)
