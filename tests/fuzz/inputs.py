"""Inputs that are no templates: YAML in odd forms, ``--set`` texts, charts whose values meet those of subcharts."""

from __future__ import annotations

from tests.fuzz import words
from tests.fuzz.tree import Node, fixed, seq

SCALARS = (
    "1", "0", "-1", "1.5", "1e3", "1E-7", "0o17", "017", "0x1F", "0b11", "1_000", "08", ".5", "5.", "+1", "true", "True", "on", "off", "yes", "No", "y", "n", "~", "null", "Null", "",
    "a", "a b", "a: b", "a#b", "a #b", "'x'", "'it''s'", '"q\\n"', '"\\u00e9"', "2024-01-02", "2024-01-02T03:04:05Z", "12:30:45", "190:20:30", "0.1", "1e21", "12345678901234567890",
    "9223372036854775807", "18446744073709551615", "-9223372036854775809", "1.7976931348623157e309", "-0", "-0.0", "é", "日本", "!!str 1", "!!int '7'", "!!binary aGk=", "!!float 1", "!x y", "&n 1", "*n", "*q",
    "[]", "{}", "[a, 1, ~]", "{a: 1}", "{a: , b}", "=", "<<", "-", "- a", "?", "@a", "`a", "%a", ".inf", "-.INF", ".nan", "0x", "0b", "1__0", "_1", "1_", "1e", "e1", "Infinity", "a\\b", "[a, [b, {c: d}]]",
    '"a\\', "'a", "[", "{", "]", "|", ">", "1,5", "1.2.3", "v1.0", "00", "0o8", "0xg", "1e1000", "--1", "+", ".", "..", "...", "---", "a:", ":a", "a:b", "http://x:1/y#z", "*", "&", "!", "tRue", "nUll", "YES", "OFF",
)  # fmt: skip
BLOCKS = ("|", ">", "|-", ">-", "|+", ">+", "|2", ">1", "|-2", "|9", "|+1")
YAML_KEYS = (
    "a",
    "b",
    "c",
    "a1",
    "a10",
    "a2",
    "A",
    "1",
    "1.5",
    "true",
    "on",
    "y",
    "null",
    "~",
    "'q'",
    '"d\\n"',
    "a b",
    "é",
    "<<",
    "2024-01-02",
    "0x1",
    "? a",
    "-",
    "!!str 1",
    "[x]",
    "&k a",
    "*n",
    "a.b",
    "",
    "01",
    "_",
    "a-b",
    "a/b",
)
SET_KEYS = (
    "a",
    "b",
    "c",
    "a.b",
    "a.b.c",
    "l[0]",
    "l[1]",
    "l[0].x",
    "l[0][1]",
    "a.l[2]",
    "m",
    "m.x",
    "s",
    "a\\.b",
    "x[",
    "x[a]",
    "x[-1]",
    "x[65537]",
    "x]",
    "",
    ".",
    "a.",
    ".a",
    "a..b",
    "é",
    "a b",
    "a\\=b",
    "n",
    "l",
    "m.y[0]",
    "a[0]b",
    "q.w.e.r.t.y",
    "l[ 0 ]",
    "l[0",
    "a\\,b",
    "\\[x]",
    "sub.k",
    "global.g",
)
SET_VALUES = (
    "1",
    "0",
    "-1",
    "1.5",
    "true",
    "TRUE",
    "False",
    "null",
    "NULL",
    "nulL",
    "",
    "x",
    "a b",
    "007",
    "1e3",
    "0x1f",
    "{a,b}",
    "{}",
    "{a,{b}",
    "{1,true,null}",
    "{a",
    "a}",
    "[1,2]",
    "a\\,b",
    "a=b",
    '"q"',
    "\\",
    "a\\\\b",
    "9223372036854775807",
    "9223372036854775808",
    "+5",
    " 1",
    "{a\\,b,c}",
    "a.b",
    "x[0]",
    "{a,}",
    "{ a , b }",
    "\n",
    "é",
    "~",
    "yes",
    "1_000",
    "{a},b",
    "{{a}}",
)
JSON_VALUES = (
    "1",
    "1.5",
    '"x"',
    "true",
    "null",
    "[1,2]",
    '{"a":1}',
    "bad",
    "",
    '"a,b"',
    "[1",
    ' {"b": null}',
    "1 2",
    "1e3",
    "[]",
    '{"x":{"y":[null]}}',
    " 3",
    "12345678901234567890",
    "nul",
    '"\\u00e9"',
)


class Inputs:
    """A source of inputs other than templates."""

    def __init__(self, random):
        self.random = random

    def chance(self, share):
        return self.random.random() < share

    def yaml(self, depth=3, indent=0):
        """Return a YAML text as a tree of lines."""
        lines = []
        if self.chance(0.55) or (depth == 3 and self.chance(0.5)):
            for _ in range(self.random.randrange(1, 5)):
                keys = YAML_KEYS if self.chance(0.4) else YAML_KEYS[:6]
                lines += [self._entry(self.random.choice(keys) + ":", depth, indent)]
        elif self.chance(0.6):
            lines += [self._entry("-", depth, indent) for _ in range(self.random.randrange(1, 4))]
        else:
            lines.append(fixed(" " * indent + self.random.choice(SCALARS) + "\n"))
        return Node("seq", tuple(lines))

    def _entry(self, lead, depth, indent):
        head = " " * indent + lead
        roll = self.random.random()
        if roll < 0.03:
            head = " " * self.random.randrange(4) + lead
        anchor = self.random.choice((" &n", " &q", " !!map", " !t")) if self.chance(0.05) else ""
        if depth and roll < 0.35:
            below = indent + self.random.choice((2, 2, 2, 1, 4, 0 if lead != "-" else 2))
            return fixed(head + anchor + ("  # c" if self.chance(0.1) else "") + "\n", self.yaml(depth - 1, below))
        if roll < 0.45:
            pad = " " * (indent + self.random.choice((2, 2, 3, 1)))
            texts = [
                self.random.choice(("x", "y z", "", "  deep", "# no", "- i", "k: v", "é", "trail ", "\tt"))
                for _ in range(self.random.randrange(4))
            ]
            body = "".join(f"{pad}{t}\n" if t else "\n" for t in texts)
            return fixed(f"{head} {self.random.choice(BLOCKS)}\n", seq(body))
        if roll < 0.5:
            return fixed(
                f"{head} {self.random.choice(SCALARS)}\n{' ' * (indent + 2)}{self.random.choice(('more', 'b c', '# c', '  x', ''))}\n"
            )
        return fixed(
            f"{head}{anchor} {self.random.choice(SCALARS)}{self.random.choice(('', '', '', ' # c', ' ', '	'))}\n"
        )

    def yaml_text(self):
        """Return a document, with what may surround one at times."""
        if self.chance(0.1):
            return seq(self.random.choice(words.YAML))
        made = [self.yaml()]
        if self.chance(0.05):
            made.insert(0, self.random.choice(("---\n", "%YAML 1.1\n---\n", "# c\n", "\ufeff", "--- !!map\n", "\n\n")))
        if self.chance(0.05):
            made.append(self.random.choice(("...\n", "---\nb: 2\n", "--- \n", "# end", "\t\n")))
        return Node("seq", tuple(made))

    def set_text(self, mode):
        """Return what follows ``--set`` or one of its relatives."""
        pairs = []
        values = JSON_VALUES if mode == "json" else SET_VALUES
        for _ in range(self.random.randrange(1, 4)):
            sign = "=" if self.chance(0.96) else self.random.choice(("", "==", ":", " = "))
            pairs.append(
                f"{self.random.choice(SET_KEYS if self.chance(0.5) else SET_KEYS[:12])}{sign}{self.random.choice(values)}"
            )
        return seq(
            *(
                piece
                for pair in pairs
                for piece in (pair, ",")[: 2 if pair is not pairs[-1] or self.chance(0.05) else 1]
            )
        )

    def tree(self, depth):
        """Return a small map as YAML flow text: what charts and users give to the same keys."""
        choices = ["1", "null", "x", "[1]", "''", "false", "{}", "0", "[]"]
        pairs = []
        for key in self.random.sample(("k", "m", "l", "global", "sub", "en", "exports"), self.random.randrange(4)):
            if key in ("m", "global", "sub", "exports") and depth and self.chance(0.8):
                pairs.append(f"{key}: {self.tree(depth - 1)}")
            else:
                pairs.append(f"{key}: {self.random.choice(choices)}")
        return "{" + ", ".join(pairs) + "}"

    def chart_files(self):
        """Return the files of a chart with subcharts, aliases, conditions, tags and imports."""
        names = self.random.sample(("sub", "m", "other"), self.random.randrange(1, 3))
        files = {"values.yaml": self.tree(3) + "\n"}
        asked = []
        for name in names:
            self._subchart(files, f"charts/{name}/", name)
            if self.chance(0.35):
                inner = self.random.choice(("sub", "leaf", "k"))
                self._subchart(files, f"charts/{name}/charts/{inner}/", inner)
            if self.chance(0.6):
                asked.append(self._asked(name))
        about = "apiVersion: v2\nname: t\nversion: 0.1.0\n"
        if asked:
            about += "dependencies:\n" + "".join(asked)
        files["Chart.yaml"] = about
        return files

    def _subchart(self, files, folder, name):
        files[folder + "Chart.yaml"] = (
            f"apiVersion: v2\nname: {name}\nversion: {self.random.choice(('0.1.0', '1.2.3', '2.0.0-rc.1'))}\n"
        )
        if self.chance(0.8):
            files[folder + "values.yaml"] = self.tree(2) + "\n"

    def _asked(self, name):
        text = (
            f"- name: {name}\n  version: '{self.random.choice(('0.1.0', '*', '>=0', '^1', 'x'))}'\n  repository: ''\n"
        )
        if self.chance(0.3):
            text += f"  alias: {self.random.choice(('al', 'sub', 'k', name))}\n"
        if self.chance(0.4):
            text += f"  condition: {self.random.choice(('en', 'sub.en', f'{name}.en', 'nope.x,en', 'm', 'global.k', ' en', 'm.en', 'k,l'))}\n"
        if self.chance(0.3):
            text += "  tags: [front, back]\n"
        if self.chance(0.4):
            text += (
                "  import-values: "
                + self.random.choice(
                    (
                        "[m]",
                        "[{child: m, parent: m}]",
                        "[{child: m, parent: .}]",
                        "[k, m]",
                        "[{child: nope, parent: q.w}]",
                        "[{child: exports.m, parent: global}]",
                        "[{child: k, parent: m}]",
                    )
                )
                + "\n"
            )
        return text
