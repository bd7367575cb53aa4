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
SCOPES = (
    "{{ $x := 0 }}{{ range $i, $e := .Values.ls }}{{ $x = add $x $i }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ $e }}{{ end }}{{ $x }}",
    "{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ $x = 3 }}{{ end }}{{ $x }}",
    "{{ $d := dict }}{{ range $k, $v := .Values.nums }}{{ $_ := set $d $k (typeOf $v) }}{{ end }}{{ toJson $d }}",
    "{{ range $i, $e := .Values.mix }}{{ if not $e }}{{ continue }}{{ else if kindIs `map` $e }}{{ break }}{{ end }}{{ $i }}={{ $e }};{{ end }}",
    "{{ with $v := .Values.m }}{{ .b }}{{ $v.a.z }}{{ with .a }}{{ .z }}{{ $v.b }}{{ $.Values.s }}{{ end }}{{ end }}",
    "{{ with .Values.nope }}x{{ else with .Values.m }}{{ .b }}{{ else }}y{{ end }}",
    "{{ range .Values.le }}x{{ else }}{{ .Values.s }}{{ end }}",
    "{{ range $i, $_ := until 3 }}{{ range $j, $_ := until 3 }}{{ if gt $j $i }}{{ break }}{{ end }}{{ $i }}{{ $j }} {{ end }}{{ end }}",
    "{{- $a := .Values.m -}}{{- $b := $a -}}{{- $_ := set $b `n` 1 -}}{{ $a.n }}{{ unset $a `n` | len }}{{ .Values.m.n }}",
    "{{ $l := list 1 2 }}{{ $m := append $l 3 }}{{ $n := append $l 4 }}{{ $l }}{{ $m }}{{ $n }}",
    "{{ $x := 1 }}{{ define `v` }}{{ $x := 5 }}{{ $x }}{{ end }}{{ template `v` }}{{ $x }}",
    "{{ range $k, $v := .Values.deep }}{{ $k }}:{{ range $kk, $vv := $v }}{{ $kk }}{{ end }}{{ end }}",
    "{{ if and .Values.t (or .Values.fl .Values.e) }}a{{ else if not (and .Values.t .Values.n) }}b{{ end }}",
    "{{ range $i := 3 }}{{ $i }}{{ end }}{{ range 0 }}x{{ else }}none{{ end }}",
    "{{ $x := `a` }}{{ range $x = .Values.ls }}{{ $x }}{{ end }}{{ $x }}",
    "{{ $i := 7 }}{{ $e := 8 }}{{ range $i, $e = .Values.ls }}{{ end }}{{ $i }}{{ $e }}",
    'a  {{- /* c */ -}}  b\n{{- if true }}\n  c\n{{- end }}\n\n{{- "x" -}}\n d {{ `y\n` -}} \n{{ 3 -}}{{- 4 }}',
    "{{ range .Values.lm }}{{ .a }}{{ .b }}{{ end }}{{ range .Values.ll }}{{ range . }}{{ . }}{{ end }}{{ end }}",
    "{{ $s := .Values.s }}{{ range tuple `a` `b` }}{{ $s = printf `%s%s` $s . }}{{ end }}{{ $s | quote }}",
    "{{ .Values.m | merge (dict `q` 1) | toJson }}{{ .Values.m | toJson }}{{ deepCopy .Values.m | mergeOverwrite (dict `b` 9) | toJson }}",
)
"""Scopes of variables, jumps, loops in loops, maps that two names share, trimmed white space."""
INNER = (
    "{{ .Values.s }}", '{{ include "h" . }}', '{{ define "own" }}O{{ . }}{{ end }}{{ include "own" 1 }}', "{{ $x := 1 }}{{ $x }}{{ . }}", "{{ tpl `{{ .Values.s }}` . }}", '{{ fail "x" }}', "{{ .Template.Name }}",
    '{{ define "h" }}mine{{ end }}{{ include "h" . }}', "{{ .Nope.x }}", "{{ end }}", "{{ nope }}", "a\n{{ .Values.l.x }}", "{{ template `args` .Values.s }}", "{{ required `r` .Values.n }}", "k: {{ .Values.i }}\n",
    '{{ include "err" . }}', '{{ include "self" . }}', "{{ block `bb` . }}{{ .Values.i }}{{ end }}", "{{- range .Values.ls }}\n- {{ . }}\n{{- end }}",
)  # fmt: skip
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
    "٣",
    "Ⅷ",
    "²",
    "{{ block `b` . }}",
    "{{- /* c\n*/ -}}",
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
        if roll < 0.84:
            return seq(self.expressions.pick(SCOPES))
        if roll < 0.87:
            return self.deferred()
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
            count = 2 if kind == "range" and self.random.random() < 0.6 else 1
            known = self.expressions.variables
            if known and self.random.random() < 0.25:
                return fixed(", ".join(self.random.choices(known, k=count)), " = ", asked)
            names = self.names(count)
            self.expressions.variables += names
            return fixed(", ".join(names), " := ", asked)
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
        name = self.expressions.pick(("h", "args", "deep", "err", "list", "nope", "empty", "loop", "changes"))
        roll = self.random.random()
        if roll < 0.1:
            call = self.expressions.pick(('include "ctx" ', 'template "ctx" '))
            return self.braces(fixed(call, '(dict "root" $ "x" ', self.expressions.operand("a", 1), ")"))
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

    def deferred(self):
        """Return a call of ``tpl`` on a text that is a template itself."""
        known, self.expressions.variables = self.expressions.variables, []
        inner = self.body(2, 1).text() if self.random.random() < 0.6 else self.expressions.pick(INNER)
        self.expressions.variables = known
        dot = self.expressions.pick((".", ".", "$", ".Values", "(dict)", "(dict `Values` .Values)", "nil", "(list 1)"))
        ending = self.expressions.pick(("", " | indent 2", " | quote", " | fromYaml | toJson"))
        return self.braces(fixed("tpl ", self.expressions.literal(inner), " ", dot, ending))

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
            fixed('{{ define "ctx" }}', seq("{{ .root.Values.s }}{{ .x }}{{ .root.Template.Name }}"), "{{ end }}"),
            fixed(
                '{{ define "loop" }}', seq("{{ range $i, $e := . }}{{ if $i }},{{ end }}{{ $e }}{{ end }}"), "{{ end }}"
            ),
            fixed('{{ define "changes" }}', seq('{{ $_ := set . "k" (len .) }}'), "{{ end }}"),
            fixed('{{ define "self" }}{{ include "self" . }}{{ end }}'),
        ]
        self.expressions.variables = known
        return Node("seq", tuple(made))

    def broken(self, text):
        """Return a template with some characters lost, doubled or put in, and lines broken."""
        text = "".join("\n" if c == " " and self.random.random() < 0.1 else c for c in text)
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
