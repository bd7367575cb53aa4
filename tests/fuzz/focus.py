"""Cases that look at one thing from all sides: printf, comparisons, dates, versions, patterns, texts in bytes.

Chance alone meets each of two hundred functions too seldom with arguments that reach its corners.
"""

from __future__ import annotations

import re

from tests.fuzz import words
from tests.fuzz.inputs import Inputs
from tests.fuzz.operands import Expressions
from tests.fuzz.texts import json_text, layout, mutated, numeral, toml_text, version, version_range
from tests.fuzz.tree import expr, fixed, seq

ODD = (
    "(semver `1.2.3-a+b`).Major", "(semver `1.2.3`)", "(list (semver `1.2.3`))", "(semver `1.2.3`).IncMinor", "(.Files.GetBytes `f.txt`)", "(index (.Files.GetBytes `f.txt`) 0)",
    "(toDate `2006-01-02` `2024-02-29`)", "(toDate `2006-01-02` `2024-02-29`).Month", "(toDate `2006-01-02` `2024-02-29`).Weekday", "(toDate `15:04` `01:30`)", "((toDate `2006` `2024`).Sub (toDate `2006` `2023`))",
    ".Chart", ".Chart.Annotations", ".Chart.Maintainers", "(index .Chart.Maintainers 0)", ".Capabilities.KubeVersion", ".Capabilities.HelmVersion.Version", ".Capabilities.APIVersions", ".Files", ".Values.AsMap", ".Release", ".Chart.Metadata",
    "(fromJson `null`)", "(regexFindAll `q` `a` -1)", "(splitList `,` `a`)", "(split `,` `a,b`)", "(until 2)", "(chunk 2 (list 1 2 3))", "(list)", "(list nil)", "(dict)", "(dict `a` nil `b` (list 1 (dict)))", "(tuple 1 `x`)",
    "(int64 7)", "(int64 -7)", "(float64 2)", "(toDecimal `0755`)", "1i", "(0.5)", "'x'", "nil", "true", ".Values.n", ".Values.missing", ".", "(b64dec `/w==`)", "(b64dec `w6k=`)", "(trunc 1 `é`)", "1e100", "-0.0", "0x10", "(divf 1 3)", "(mulf 1e300 1e300)", "(subf 1 1)",
    "(sha256sum `a` | b64enc)", "(urlParse `http://u:p@h/p?q#f`)", "(fromYaml `a: [1, {b: null}]`)", "(fromYamlArray `- 1`)", "(fromYaml `[`)", "(.Files.Lines `f.txt`)", "(.Files.Glob `conf/*`)", "(deepCopy .Values.mix)",
)  # fmt: skip
"""Values of every Go type that a template can hold."""
TEXT_CALLS = (
    "trunc {n} {s}", "substr {n} {n} {s}", "abbrev {n} {s}", "abbrevboth {n} {n} {s}", "wrap {n} {s}", "wrapWith {n} {t} {s}", "indent 2 {s}", "nindent 1 {s}", "initials {s}", "swapcase {s}", "title {s}", "untitle {s}",
    "upper {s}", "lower {s}", "nospace {s}", "trim {s}", "trimAll {t} {s}", "trimPrefix {t} {s}", "trimSuffix {t} {s}", "split {t} {s} | toJson", "splitList {t} {s} | toJson", "splitn {t} {n} {s} | toJson", "replace {t} {t} {s}", "contains {t} {s}", "hasPrefix {t} {s}",
    "snakecase {w}", "camelcase {w}", "kebabcase {w}", "camelcase {s}", "snakecase {s}", "kebabcase {s}", "b32enc {s}", "b32dec {B}", "b64dec {B}", "js {s}", "html {s}", "urlquery {s}", "quote {s}", "squote {s}", "toJson {s}", "toYaml {s}", "toRawJson {s}", "toPrettyJson {s}",
    "regexQuoteMeta {s}", "plural {t} {t} {i}", "repeat 2 {s}", "printf `%q %+q %x %#q` {s} {s} {s} {s}", "len {s}", "first (splitList `` {s})", "reverse (splitList `` {s}) | join {t}", "atoi {z}", "int {z}", "int64 {z}", "float64 {z}", "toDecimal {z}", "sha1sum {s}", "adler32sum {s}", "base {s}", "dir {s}", "ext {s}", "clean {s}", "range $i, $c := {s} }}{{{{ $i }}}}{{{{ end",
    "print {s} {s}", "printf `%s%s` {s} {s}", "join {s} (list {s} {s})", "cat {s} {s} | nospace", "wrapWith 2 {s} {s}", "trimPrefix {s} {s}", "trimSuffix {s} {s}", "contains {s} {s}", "hasPrefix {s} (print {s} {s})", "replace {s} {s} {s}", "repeat 2 {s} | quote", "splitList {s} {s} | join {s}", "regexReplaceAllLiteral `a` {s} {s}", "regexReplaceAll `(.)` {s} {s} | quote", "{s} }}{{{{ {s}", "dict {s} 1 {s} 2 | toYaml", "dict {s} 1 {s} 2 | toToml", "dict {s} 1 {s} 2 | toYamlPretty | quote", "list {s} {s} | sortAlpha | join ``", "tpl {s} 1", "fromYaml {s} | toJson", "fromJson {s} | toJson", "urlParse {s} | toJson", "date {s} (toDate `2006` `2024`)", "mustRegexMatch {s} {s}",
    "eq {s} {s}", "lt {s} {s}", "dict {s} 1 | toYaml", "dict {s} {s} | toJson", "list {s} {s} | sortAlpha", "uniq (list {s} {s} {s})", "has {s} (list {s})", "without (list {s} `a`) {s}", "index {s} {n}", "cat {s} {s}", "toString {s}", "duration {z}", "durationRound {z}", "ternary {s} {t} true", "empty {s}", "coalesce {s} {t}", "semver {s}", "urlParse {s}", "toToml (dict `k` {s})", "fromJson {s}", "fromYaml {s}",
)  # fmt: skip
PIECES = ("a", "B", "é", "日", "😀", " ", "  ", "\n", "\t", ",", ".", "-", "_", "/", '"', "'", "\\", "<", "&", "$", "%", "0", "9", "٣", "²", "ⅶ", "ª", "ß", "İ", "ǅ", "ᾣ", "ⓘ", "\u0301", "\u2028", "\u00a0", "\x00", "\x7f", "{", "#", ":", "=", "\r", "Σς", "ﬁ")  # fmt: skip
INVALID = ("/w==", "w6n/", "w2HD", "4oI=", "8J+Y", "7aCA", "wIA=", "9JCAgA==")
"""Bytes that are no UTF-8, in base64."""
BYTES = ("\\xc3", "\\xa9", "\\xf0", "\\x9f", "\\x98", "\\x80", "\\xed\\xa0", "\\xff", "\\xe2\\x80", "\\xa8", "\\xc2", "\\xef\\xbf", "\\xbd", "a", "B", "é", "日", "😀", " ", "_", "1", "\\n", "\\ufffd")  # fmt: skip
"""Parts of characters, as literals have them: some are one together."""
MOMENTS = ("0", "1700000000", "-86400", "(int64 951782400)", "(int 86399)")
COMPARED = ("eq", "ne", "lt", "le", "gt", "ge")
NUMERIC = ("add", "sub", "mul", "div", "mod", "max", "min", "biggest", "addf", "subf", "mulf", "divf", "maxf", "minf", "ceil", "floor", "round", "add1", "add1f", "int", "int64", "float64", "toDecimal", "atoi", "until", "untilStep", "seq", "toString", "quote", "not", "empty", "len")  # fmt: skip
CONSTANTS = ("{n}", "list {n} {n} | toJson", "printf `%v %T` {n} {n}", "eq {n} {n}", "int {n}", "float64 {n}", "substr {n} 2 `abc`", "index (list 1 2) {n}", "round 1.5 {n}", "$x := {n} }}{{ $x", "{n}.x", "dict {n} {n} | toToml", "upper {n}", "add {n} 1", "addf {n} 1")  # fmt: skip
"""Where a number may stand."""
WRITTEN = ("int `{n}`", "int64 `{n}`", "float64 `{n}`", "atoi `{n}`", "toDecimal `{n}`", "add `{n}` 1", "addf `{n}` 1", "duration `{n}`", "toYaml `{n}`", "fromYaml `{n}: {n}` | toYaml", "fromYamlArray `[{n}, {n}]` | toJson", "fromJson `[{n}]` | toJson", "mustFromJson `{n}`", "fromToml `a = {n}` | toJson")  # fmt: skip
"""Where the text of a number may stand."""
COLLECTED = ("first", "last", "rest", "initial", "reverse", "uniq", "compact", "sortAlpha", "toStrings", "join `,`", "len", "kindOf", "typeOf", "toJson", "toYaml", "quote", "empty", "not", "toString", "deepCopy", "concat", "list", "cat", "print", "printf `%v`", "html", "js", "urlquery", "squote", "has 1", "without 1", "index 0", "slice", "chunk 2", "append 1", "prepend 1", "default 1", "ternary 1 2", "kindIs `map`", "typeIs `int`", "typeIsLike `semver.Version`", "deepEqual 1", "range", "with", "if", "fromYaml", "fromJson", "toToml", "toDecimal", "int", "float64", "duration", "semver", "upper", "b64enc", "trunc 3", "mustToDate `2006`", "unixEpoch", "toPrettyJson", "toRawJson", "mustToJson", "required `r`", "coalesce", "any", "all", "and", "or", "set", "get `a`", "hasKey `a`", "pick `a`", "omit `a`", "pluck `a`", "dig `a` 1", "merge", "mergeOverwrite", "unset", "regexMatch `a`", "repeat 2", "plural `a` `b`", "tpl `{{ . }}`", "include `h`", "call", "include", "toYamlPretty", "dict `k`")  # fmt: skip


class Focus:
    """A source of templates that look at one thing."""

    def __init__(self, random):
        self.random = random
        self.expressions = Expressions(random)
        self.inputs = Inputs(random)

    def template(self):
        """Return a template."""
        made = self.random.choice(
            (
                self.printf,
                self.printf,
                self.odd,
                self.odd,
                self.compared,
                self.numbers,
                self.number,
                self.text,
                self.text,
                self.date,
                self.version,
                self.pattern,
                self.decoded,
                self.merged,
            )
        )()
        return seq(fixed("{{ ", expr(made), " }}"))

    def pick(self, things):
        return self.random.choice(things)

    def literal(self, text):
        return words.go_quoted(text, self.random)

    def value(self):
        """Return a value of any type, odd ones as often as not."""
        return self.pick(ODD) if self.random.random() < 0.6 else self.expressions.terminal("a", 0)

    def written(self, text):
        """Return a text in some language as a literal, a wrong one at times."""
        return self.literal(mutated(self.random, text) if self.random.random() < 0.25 else text)

    def spelled(self):
        """Return a text of a few odd characters, or of bytes that are none."""
        roll = self.random.random()
        if roll < 0.1:
            return f"(b64dec {self.literal(self.pick(INVALID))})"
        if roll < 0.25:
            return f'"{"".join(self.pick(BYTES) for _ in range(self.random.randrange(1, 5)))}"'
        if self.random.random() < 0.2:
            return self.literal(self.pick(words.TEXTS))
        return self.literal("".join(self.pick(PIECES) for _ in range(self.random.randrange(6))))

    def filled(self, pattern):
        """Return a pattern with an operand for each of its letters."""
        parts = pattern.split("{")
        out = [parts[0]]
        for part in parts[1:]:
            kind, close, rest = part.partition("}")
            if not close or len(kind) != 1:
                out += ["{", part]
                continue
            out += [self.spelled() if kind in "st" else self.expressions.terminal(kind, 0), rest]
        return "".join(out)

    def printf(self):
        verbs = [words.verb(self.random) for _ in range(self.random.randrange(1, 4))]
        text = "".join(v + self.pick(("", "", "|", "é", "%%")) for v in verbs)
        count = max(0, len(verbs) + self.pick((0, 0, 0, 0, 1, -1)) + text.count("*"))
        values = [
            self.pick(words.SMALL) if "*" in text and self.random.random() < 0.4 else self.value() for _ in range(count)
        ]
        return " ".join(("printf", self.literal(text), *values))

    def odd(self):
        """Return an odd value through one or two functions."""
        made = self.value()
        if self.random.random() < 0.1:
            made += "." + self.pick(("Name", "String", "a", "Month", "Year", "Nope", "x.y", "Major", "Get"))
            if self.random.random() < 0.4:
                made += " " + self.value()
            return made
        for _ in range(self.random.choice((1, 1, 2))):
            name = self.pick(COLLECTED)
            if name in ("range", "with", "if"):
                body = self.pick(
                    (
                        "{{ . }}",
                        "{{ .a }}",
                        "{{ kindOf . }}",
                        "{{ len . }}",
                        "{{ printf `%v` . }}",
                        "{{ break }}",
                        "{{ .Name }}",
                    )
                )
                return f"{name} {self.pick(('', '$x := ', '$k, $x := ' if name == 'range' else ''))}{made} }}}}{body}{{{{ else }}}}-{{{{ end"
            extra = " " + self.value() if self.random.random() < 0.15 else ""
            made = f"({made} | {name}{extra})" if self.random.random() < 0.5 else f"({name}{extra} {made})"
        return made

    def compared(self):
        values = [self.value() for _ in range(self.random.choice((2, 2, 2, 3)))]
        return " ".join((self.pick(COMPARED), *values))

    def numbers(self):
        kinds = [
            self.expressions.terminal(self.pick("ifxnz"), 0) if self.random.random() < 0.7 else self.value()
            for _ in range(self.random.choice((1, 2, 2, 3)))
        ]
        name = self.pick(NUMERIC)
        if name in ("until", "untilStep", "seq"):
            kinds = [self.pick(words.SMALL) for _ in kinds]
        return " ".join((name, *kinds))

    def number(self):
        """Return a number in some spelling, as a constant or as a text that is read."""
        pattern = self.pick(CONSTANTS if self.random.random() < 0.6 else WRITTEN)
        return re.sub(r"\{n\}", lambda _: numeral(self.random), pattern)

    def text(self):
        return self.filled(self.pick(TEXT_CALLS))

    def date(self):
        form = layout(self.random)
        moment = f"(toDate {self.literal(self.pick(words.LAYOUTS))} {self.literal(self.pick(words.DATES))})"
        given = self.literal(
            self.pick(words.DATES) if self.random.random() < 0.5 else layout(self.random, example=True)
        )
        return self.pick(
            (
                f"mustToDate {self.written(form)} {given}",
                f"mustToDate {self.literal(form)} ({moment}.Format {self.literal(form)})",
                f"{moment}.Format {self.literal(form)}",
                f"date {self.literal(form)} {moment}",
                f"dateInZone {self.literal(form)} {moment} {self.literal(self.pick(words.ZONES))}",
                f"date {self.literal(form)} {self.pick(MOMENTS)}",
                f"({moment} | dateModify {self.literal(self.pick(words.SHIFTS))}).Format {self.literal(form)}",
                f"durationRound {self.literal(self.pick(words.DURATIONS))}",
                f"({moment}.AddDate {self.pick(words.SMALL)} {self.pick(words.SMALL)} {self.pick(words.SMALL)}).Format {self.literal(form)}",
                f"duration {self.value()}",
                f"duration {self.written(self.pick(words.DURATIONS))}",
            )
        )

    def version(self):
        first, second = self.literal(version(self.random)), self.literal(version(self.random))
        return self.pick(
            (
                f"semverCompare {self.written(version_range(self.random))} {first}",
                f"semverCompare {self.written(version_range(self.random))} {first}",
                f"(semver {first}).Compare (semver {second})",
                f"semver {first} | printf `%#v`",
                f"(semver {first}).{self.pick(('IncMajor', 'IncMinor', 'IncPatch', 'Original', 'Prerelease', 'Metadata', 'Major', 'String'))}",
                f"(semver {first}).SetPrerelease {self.literal(self.pick(('a', 'a.01', '', 'é', '1.x-y')))}",
                f"(semver {first}).SetMetadata {self.literal(self.pick(('a', 'a.01', '', 'é', '1.x-y')))}",
            )
        )

    def pattern(self):
        form = self.written(words.regexp(self.random, 3) if self.random.random() < 0.7 else self.pick(words.REGEXPS))
        text, limit = self.spelled(), self.pick(("-1", "0", "1", "2"))
        return self.pick(
            (
                f"mustRegexMatch {form} {text}",
                f"mustRegexFind {form} {text} | quote",
                f"mustRegexFindAll {form} {text} {limit} | toJson",
                f"mustRegexSplit {form} {text} {limit} | toJson",
                f"mustRegexReplaceAll {form} {text} {self.literal(self.pick(words.REPLACEMENTS))} | quote",
                f"regexReplaceAllLiteral {form} {text} {self.literal(self.pick(words.REPLACEMENTS))} | quote",
            )
        )

    def decoded(self):
        """Return a text in one of the languages, read and printed again."""
        shown = self.pick(
            ("toJson", "toYaml", "printf `%v`", "printf `%#v`", "toYamlPretty", "toToml", "quote", "typeOf")
        )
        return self.pick(
            (
                f"fromYaml {self.written(self.inputs.yaml_text().text())} | {shown}",
                f"fromYamlArray {self.written(self.inputs.yaml_text().text())} | {shown}",
                f"fromJson {self.written(json_text(self.random))} | {shown}",
                f"mustFromJson {self.written(json_text(self.random))} | {shown}",
                f"fromJsonArray {self.written(json_text(self.random))} | {shown}",
                f"fromToml {self.written(toml_text(self.random))} | {shown}",
                f"urlParse {self.written(self.pick(words.URLS))} | {shown}",
            )
        )

    def merged(self):
        """Return maps merged or changed in place, and what is left of them."""
        first, second = (self.pick((".Values.m", ".Values.deep", ".Values.nulls", ".Values.AsMap", "(dict `a` .Values.m `b` nil `l` (list 1))", "(dict `a` (dict `z` ``) `b` (list))", "(dict `a` .Chart.Annotations)", "(dict)", ".Values.nums", "(deepCopy .Values)", "(dict `a` (semver `1.2.3`))")) for _ in range(2))  # fmt: skip
        name = self.pick(("merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite"))
        after = self.pick(("", "", " | toJson", f" | set `k` {second}", " | toYaml"))
        tail = self.pick(
            (
                "",
                "",
                f" }}}}{{{{ {first} | toJson",
                f" }}}}{{{{ {second} | toJson",
                f" }}}}{{{{ set {first} `k` {second} | toJson",
            )
        )
        return f"{name} {first} {second}{after}{tail}"
