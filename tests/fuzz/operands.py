"""Expressions by type: literals, values, fields, methods and calls, with a wrong type now and then.

Letters of types: a anything, b bool, d map, e comparable, f float, i int, l list, n a small int, s text, x any number;
texts of a form: B base64, D date, E template, H duration, h time shift, K kind, k key, N template name, P path, p
printf verbs, R replacement, r regular expression, T type, Y YAML, Z zone, c version range, j JSON, o TOML, u URL, v
version, w word, y date layout, z number; and I index, U parsed URL, m time, t time or number, V version object.
"""

from __future__ import annotations

from tests.fuzz import words
from tests.fuzz.functions import BY_RESULT, BY_SHAPE, FUNCTIONS, SLOW_BY_SHAPE
from tests.fuzz.tree import Node, expr

ILL = 0.06
"""How often something of another type stands where one is expected."""
FORMS = {
    "B": words.BASE64, "D": words.DATES, "H": words.DURATIONS, "h": words.SHIFTS, "K": words.KINDS, "k": words.KEYS,
    "P": words.PATHS, "R": words.REPLACEMENTS, "T": words.TYPES, "Z": words.ZONES, "c": words.RANGES, "j": words.JSON,
    "o": words.TOML, "u": words.URLS, "v": words.VERSIONS, "w": words.WORDS, "y": words.LAYOUTS, "z": words.NUMERALS,
    "Y": words.YAML, "N": words.NAMES, "E": words.TEMPLATES,
}  # fmt: skip
ORDINARY = "sifbldax"


class Expressions:
    """A source of expressions; all chance comes from one generator, so that a seed gives one case."""

    def __init__(self, random):
        self.random = random
        self.variables = []

    def pick(self, things):
        return things[int(self.random.random() * len(things))]

    def chance(self, share):
        return self.random.random() < share

    def literal(self, text):
        """Return a text as a Go string literal, quoted one way or the other."""
        if "`" not in text and "\r" not in text and self.chance(0.3):
            return f"`{text}`"
        return words.go_quoted(text, self.random)

    def operand(self, kind, depth, *, strict=False):
        """Return an expression of a type that can stand as an argument."""
        if not strict and self.chance(ILL):
            kind = self.pick(ORDINARY)
        if depth > 0 and self.chance(0.45):
            made = self.call(kind, depth - 1)
            if made is not None:
                return expr("(", made, ")")
        if depth > 0 and not strict and self.chance(0.08):
            return expr("(", self.pipeline(kind, depth - 1), ")")
        return expr(self.terminal(kind, depth, strict=strict))

    def call(self, kind, depth):
        """Return a call whose result is of a type; None when no function gives it."""
        if kind == "a":
            kind = self.pick("sssiifbbldda")
        elif kind in "ex":
            kind = self.pick("if" if kind == "x" else "sifb")
        elif kind == "n":
            return None
        if kind in ("m", "V"):
            found = BY_RESULT[kind]
        elif kind in FORMS or kind not in BY_RESULT:
            return None
        else:
            found = BY_RESULT[kind]
        return self.apply(self.pick(found), depth)

    def apply(self, function, depth, *, last=True):
        """Return a call of a function, without the last argument when that comes through a pipe."""
        parts = [function.name]
        count = len(function.parameters)
        if function.repeats:
            count += int(self.random.random() ** 2 * 4) - (self.chance(0.1) and count > 0)
        if self.chance(0.015):
            count += self.pick((-1, 1))
        for number in range(count - (not last)):
            parameter = function.parameters[min(number, len(function.parameters) - 1)] if function.parameters else None
            kind = parameter.type if parameter else "a"
            parts += [" ", self.operand(kind, depth, strict=bool(parameter and parameter.strict))]
        return expr(*parts)

    def pipeline(self, kind, depth):
        """Return a pipeline; the functions after the first are chosen by their last parameter."""
        if self.chance(0.04):
            return expr(self.shaped())
        first = self.call(kind, depth) if self.chance(0.6) else None
        parts = [first if first is not None else self.operand(kind, depth)]
        while self.chance(0.35) and len(parts) < 9:
            function = self.pick(FUNCTIONS)
            if any(p.strict for p in function.parameters) or not function.parameters or function.name == "call":
                continue
            last = function.parameters[-1].type
            if len(parts) == 1 and not self.chance(ILL * 2):
                parts = [self.operand(last, depth)]
            parts += [self.pick((" | ", " | ", "|")), self.apply(function, max(depth - 1, 0), last=False)]
        return expr(*parts)

    def shaped(self):
        """Return a call of a random function, of which only the shape is looked at."""
        text = self.pick(SLOW_BY_SHAPE if self.chance(0.01) else BY_SHAPE)
        plain = {k: self.terminal(k, 0) for k in "dsi"}
        return text.format(**plain)

    def terminal(self, kind, depth, *, strict=False):
        """Return a literal, a value or something of the objects."""
        if kind in FORMS:
            return self.literal(self.pick(FORMS[kind]))
        if self.variables and not strict and self.chance(0.1):
            return self.pick(self.variables)
        if kind in ("a", "e"):
            kind = self.pick("ssiifbldax" if kind == "a" else "sssiiffb")
            if kind == "a":
                return self.pick((".", "nil", "$", ".Values", ".Values.n", ".Values.missing", "$.Values.m", ".Release"))
        return getattr(self, "_" + {"I": "index", "U": "parsed_url", "V": "version"}.get(kind, kind))(depth)

    def _s(self, depth):
        if self.chance(0.35):
            return self.pick(words.TEXT_VALUES)
        if self.chance(0.05):
            return self.literal(self.pick(FORMS[self.pick(tuple(FORMS))]))
        return self.literal(self.pick(words.TEXTS))

    def _i(self, depth):
        return (
            self.pick(words.INTS)
            if self.chance(0.8)
            else self.pick(("(len .Values.ls)", "(int .Values.i)", ".Release.Revision", "'x'"))
        )

    def _n(self, depth):
        return self.pick(words.SMALL)

    def _f(self, depth):
        return self.pick(words.FLOATS) if self.chance(0.7) else self.pick(words.NUMBER_VALUES)

    def _x(self, depth):
        return self._i(depth) if self.chance(0.4) else self._f(depth) if self.chance(0.7) else self._s(depth)

    def _b(self, depth):
        return self.pick(words.BOOLS)

    def _l(self, depth):
        if self.chance(0.6):
            return self.pick(words.LIST_VALUES)
        items = " ".join(self.operand(self.pick("sif"), 0).text() for _ in range(self.random.randrange(4)))
        return f"(list {items})" if items else "(list)"

    def _d(self, depth):
        if self.chance(0.6):
            return self.pick(words.MAP_VALUES)
        pairs = " ".join(
            f"{self.literal(self.pick(words.KEYS))} {self.operand(self.pick('sifbld'), 0).text()}"
            for _ in range(self.random.randrange(1, 3))
        )
        return f"(dict {pairs})"

    def _p(self, depth):
        count = self.random.randrange(1, 4)
        made = [self.pick(words.TEXTS) if self.chance(0.2) else words.verb(self.random) for _ in range(count)]
        return self.literal("".join(made))

    def _r(self, depth):
        return self.literal(self.pick(words.REGEXPS) if self.chance(0.5) else words.regexp(self.random, 3))

    def _index(self, depth):
        return self.pick(("0", "1", "2", "-1", "5", '"a"', "nil", "0x1"))

    def _parsed_url(self, depth):
        if self.chance(0.5):
            return f"(urlParse {self.literal(self.pick(words.URLS))})"
        return f'(dict {self.literal(self.pick(words.URL_KEYS))} {self.literal(self.pick(words.TEXTS))} "host" "h.x")'

    def _m(self, depth):
        return f"(toDate {self.literal(self.pick(words.LAYOUTS))} {self.literal(self.pick(words.DATES))})"

    def _t(self, depth):
        return (
            self.pick(("0", "1700000000", "-86400", "(int64 951782400)", "(int 86399)"))
            if self.chance(0.4)
            else self._m(depth)
        )

    def _version(self, depth):
        return f"(semver {self.literal(self.pick(words.VERSIONS))})"

    def field(self):
        """Return something of the objects, methods included."""
        made = self.pick(words.OBJECTS)
        return expr(
            made.format(
                v=self._version(0),
                m=self._m(0),
                l=self.literal(self.pick(words.LAYOUTS)),
                k=self.pick(words.FILES),
                s=self._s(0),
            )
        )


def action(expressions, depth) -> Node:
    """Return what stands between the braces to print something."""
    if expressions.chance(0.12):
        return expr(expressions.field())
    inner = expressions.pipeline(expressions.pick("aaasbifldx"), depth)
    shown = expressions.pick(
        (
            "",
            "",
            "",
            " | toJson",
            " | quote",
            " | toYaml",
            ' | printf "%v"',
            ' | printf "%T"',
            ' | printf "%#v"',
            " | toRawJson",
        )
    )
    return expr(inner, shown)
