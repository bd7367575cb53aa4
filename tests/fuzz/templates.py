"""Whole templates: text, comments, trim markers, branches, loops, definitions, variables; and broken ones."""

from __future__ import annotations

from tests.fuzz.operands import Expressions, action
from tests.fuzz.tree import Node, fixed, seq

TEXTS = (
    "a",
    "\n",
    " ",
    "x: ",
    "\n  - ",
    "  \n\t",
    "key: |\n",
    "}",
    "{",
    "é\n",
    "---\n",
    "# c\n",
    "<no value>",
    "'",
    '"',
    "\r\n",
    "b\n\n",
    "\\",
    "{ {",
    "-",
    "a }} b",
)
OPENERS = ("{{ ", "{{ ", "{{ ", "{{", "{{- ", "{{-\n", "{{\t")
CLOSERS = (" }}", " }}", " }}", "}}", " -}}", "\n-}}", "\n}}")
NOISE = (
    "{{",
    "}}",
    "{{-",
    "-}}",
    "(",
    ")",
    "|",
    ".",
    "$",
    ":=",
    "=",
    ",",
    '"',
    "`",
    "'",
    "/*",
    "*/",
    " ",
    "\n",
    "end",
    "else",
    "if",
    "range",
    "with",
    "define",
    "nil",
    "1",
    "..",
    "$x",
    "é",
    "\x00",
    "@",
    "break",
    "{{ end }}",
    "template",
    "block",
    "0x",
    "1_",
    "'a",
    "%",
)


class Templates:
    """A source of templates."""

    def __init__(self, random):
        self.random = random
        self.expressions = Expressions(random)

    def one(self):
        """Return a template that prints one thing: most functions and arguments are met this way."""
        depth = self.expressions.pick((0, 1, 1, 1, 2, 2, 3))
        return seq(fixed("{{ ", action(self.expressions, depth), " }}"))

    def body(self, size, depth, *, loop=False):
        """Return some pieces in a row; variables declared here end here."""
        known = list(self.expressions.variables)
        parts = [self.piece(size, depth, loop=loop) for _ in range(self.random.randrange(1, size + 1))]
        self.expressions.variables = known
        return Node("seq", tuple(parts))

    def piece(self, size, depth, *, loop):
        roll = self.random.random()
        if roll < 0.3:
            return seq("".join(self.expressions.pick(TEXTS) for _ in range(self.random.randrange(1, 4))))
        if roll < 0.55 or depth <= 0:
            return self.braces(action(self.expressions, self.random.randrange(3)))
        if roll < 0.6:
            return fixed(
                self.expressions.pick(
                    ("{{/* c */}}", "{{- /* c\n*/ -}}", "{{/**/}}", "{{/* a */ -}}", "{{- /*x*/}}", "{{ /* c */ }}")
                )
            )
        if roll < 0.7:
            return self.variable()
        if roll < 0.73 and loop:
            return self.braces(fixed(self.expressions.pick(("break", "continue"))))
        if roll < 0.78:
            return self.named()
        return self.pick_block(size, depth, loop=loop)

    def pick_block(self, size, depth, *, loop):
        kind = self.expressions.pick(("if", "if", "with", "range", "range"))
        head = fixed(kind, " ", self.head(kind))
        known = list(self.expressions.variables)
        parts = [self.braces(head), self.body(size, depth - 1, loop=loop or kind == "range")]
        chain = "if" if kind == "range" else kind
        while kind != "range" and self.random.random() < 0.2:
            parts += [self.braces(fixed("else ", chain, " ", self.head(chain))), self.body(size, depth - 1, loop=loop)]
        if self.random.random() < 0.35:
            parts += [self.braces(fixed("else")), self.body(size, depth - 1, loop=loop)]
        parts.append(self.braces(fixed("end")))
        self.expressions.variables = known
        return fixed(*parts)

    def head(self, kind):
        """Return what a branch or loop asks, with a variable at times."""
        wanted = self.expressions.pick("lllldddndna") if kind == "range" else self.expressions.pick("abbsild")
        asked = self.expressions.pipeline(wanted, self.random.randrange(2))
        if self.random.random() < 0.3:
            names = self.names(2 if kind == "range" and self.random.random() < 0.6 else 1)
            sign = " = " if self.expressions.variables and self.random.random() < 0.1 else " := "
            self.expressions.variables += names
            return fixed(", ".join(names), sign, asked)
        return asked

    def names(self, count):
        return [f"${c}" for c in self.random.sample("xyzvk", count)]

    def variable(self):
        name = self.names(1)[0]
        declared = name in self.expressions.variables
        sign = " = " if (declared and self.random.random() < 0.6) or self.random.random() < 0.05 else " := "
        made = self.expressions.pipeline(self.expressions.pick("asilda"), self.random.randrange(2))
        self.expressions.variables.append(name)
        return self.braces(fixed(name, sign, made))

    def named(self):
        name = self.expressions.pick(("h", "args", "deep", "err", "list", "nope", "empty"))
        roll = self.random.random()
        if roll < 0.5:
            return self.braces(
                fixed(f'template "{name}" ', self.expressions.operand("a", 1) if self.random.random() < 0.8 else "")
            )
        if roll < 0.8:
            return self.braces(
                fixed(
                    f'include "{name}" ',
                    self.expressions.operand("a", 1),
                    self.expressions.pick(("", " | indent 2", " | trim", " | nindent 4")),
                )
            )
        return fixed('{{ block "', self.expressions.pick(("bl", "b2", "h")), '" . }}', self.body(2, 0), "{{ end }}")

    def braces(self, inner):
        return fixed(self.expressions.pick(OPENERS), inner, self.expressions.pick(CLOSERS))

    def helpers(self):
        """Return the file that defines what ``include`` finds."""
        known, self.expressions.variables = self.expressions.variables, []
        made = [
            fixed('{{ define "h" }}', self.body(2, 1), "{{ end }}\n"),
            fixed('{{- define "args" -}}', seq("{{ . }}"), "{{- end -}}\n"),
            fixed('{{ define "deep" }}', seq('{{ include "h" . }}/{{ template "args" .Values }}'), "{{ end }}"),
            fixed('{{ define "err" }}\n', seq(self.braces(action(self.expressions, 1))), "{{ end }}"),
            fixed('{{ define "list" }}', seq('{{ range . }}{{ include "args" . }},{{ end }}'), "{{ end }}"),
            fixed('{{ define "empty" }}', seq("\n"), "{{ end }}"),
            fixed('{{ define "self" }}{{ include "self" . }}{{ end }}'),
        ]
        self.expressions.variables = known
        return Node("seq", tuple(made))

    def broken(self, text):
        """Return a template with some characters lost, doubled or put in."""
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            at = self.random.randrange(len(text) + 1)
            roll = self.random.random()
            if roll < 0.35:
                text = text[:at] + self.random.choice(NOISE) + text[at:]
            elif roll < 0.7:
                text = text[:at] + text[at + self.random.randrange(1, 4) :]
            else:
                text = text[: at + 1] + text[at : at + 1] + text[at + 1 :]
        return seq(text)
