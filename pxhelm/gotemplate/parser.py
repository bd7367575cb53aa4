"""Tokens to trees, as text/template/parse does, with its error texts and lines.

Function names and variables are checked here, as Go does; arity and types are checked when a template runs.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Final, NoReturn

from pxhelm.golang.value import go_bytes
from pxhelm.gotemplate import lexer as lx
from pxhelm.gotemplate import nodes as n
from pxhelm.gotemplate.constants import ConstantError, parse_complex, parse_number, unquote
from pxhelm.gotemplate.errors import ParseError, Place
from pxhelm.gotemplate.lexer import Token

_SPACE: Final = lx.SPACE
_FIELD: Final = lx.FIELD
_CLOSES: Final = (lx.RIGHT, lx.CLOSE)

MAX_DEPTH = 10_000
"""Nesting of parentheses and blocks that Go allows."""


def parse(name: str, source: str, functions: Container[str]) -> dict[str, n.Tree]:
    """Return the templates a source text defines, the file's own body under ``name``; ParseError in Go's words."""
    return _Parser(name, source, functions).run()


class _Parser:
    def __init__(self, name: str, source: str, functions: Container[str]) -> None:
        self.name = name
        self.source = source
        self.functions = functions
        self.tokens = lx.Lexer(source).run()
        # the parser looks at most two tokens past the end
        self.tokens += [self.tokens[-1]] * 3
        self.at = 0
        self.trees: dict[str, n.Tree] = {}
        self.variables: list[tuple[str, int]] = [("$", 0)]
        """Declared variables and their slots; -1 while their own pipeline is read."""
        self.slots = 1
        self.action_line = 0
        self.loops = 0
        self.parens = 0
        self.last = self.tokens[0]
        """The token that Go read last, whose line an error names: stepping back does not change it."""
        self.furthest = 0

    # tokens

    def next(self) -> Token:
        token = self.tokens[self.at]
        if self.at >= self.furthest:
            self.furthest, self.last = self.at, token
        self.at += 1
        return token

    def peek(self) -> Token:
        token = self.tokens[self.at]
        if self.at >= self.furthest:
            self.furthest, self.last = self.at, token
        return token

    def next_solid(self) -> Token:
        token = self.peek_solid()
        self.at += 1
        return token

    def peek_solid(self) -> Token:
        tokens, at = self.tokens, self.at
        token = tokens[at]
        if token[0] == _SPACE:
            while token[0] == _SPACE:
                at += 1
                token = tokens[at]
            self.at = at
        if at >= self.furthest:
            self.furthest, self.last = at, token
        return token

    def back(self) -> None:
        self.at -= 1

    # errors

    def fail(self, message: str, token: Token | None = None) -> NoReturn:
        """Raise the error in the line that Go counts, and where in it the token is that Go does not tell."""
        line = self.last.line
        spot = token if token is not None and token.line == line else self.last
        lines = self.source.split("\n")
        text = lines[line - 1] if 0 < line <= len(lines) else ""
        before = self.source[self.source.rfind("\n", 0, spot.pos) + 1 : spot.pos]
        raise ParseError(message, Place(self.name, line, len(go_bytes(before)) if text.startswith(before) else 0, text))

    def unexpected(self, token: Token, context: str) -> NoReturn:
        if token.kind == lx.ERROR:
            extra = ""
            if self.action_line and self.action_line != token.line:
                extra = f" in action started at {self.name}:{self.action_line}"
                if token.text.endswith(" action"):
                    extra = extra.removeprefix(" in action")
            self.fail(f"{token}{extra}", token)
        self.fail(f"unexpected {token} in {context}", token)

    def expect(self, kind: str, context: str) -> Token:
        token = self.next_solid()
        if token.kind != kind:
            self.unexpected(token, context)
        return token

    # templates

    def run(self) -> dict[str, n.Tree]:
        root = n.List(self.peek().pos)
        while self.peek().kind != lx.EOF:
            if self.peek().kind == lx.LEFT:
                left = self.next()
                if self.next_solid().kind == "define":
                    self._define()
                    continue
                self.back_to(left)
            node = self.text_or_action()
            if isinstance(node, _Stop):
                self.fail(f"unexpected {node}")
            root.nodes.append(node)
        self._add(n.Tree(self.name, self.name, self.source, root, self.slots))
        return self.trees

    def back_to(self, left: Token) -> None:
        while self.tokens[self.at] is not left:
            self.at -= 1

    def _define(self) -> None:
        context = "define clause"
        token = self.next_solid()
        if token.kind not in (lx.STRING, lx.RAW):
            self.unexpected(token, context)
        name = self._unquote(token)
        self.expect(lx.RIGHT, context)
        tree, end = self._tree(name)
        if end.word != "end":
            self.fail(f"unexpected {end} in {context}")
        self._add(tree)

    def _tree(self, name: str) -> tuple[n.Tree, _Stop]:
        """Read the items of a definition, which knows nothing of what stands around it, and what ends them."""
        saved = self.variables, self.slots, self.loops, self.action_line
        self.variables, self.slots, self.loops, self.action_line = [("$", 0)], 1, 0, 0
        body, end = self.item_list()
        tree = n.Tree(name, self.name, self.source, body, self.slots)
        self.variables, self.slots, self.loops, self.action_line = saved
        return tree, end

    def _add(self, tree: n.Tree) -> None:
        known = self.trees.get(tree.name)
        if known is None or known.empty:
            self.trees[tree.name] = tree
        elif not tree.empty:
            self.fail(f'template: multiple definition of template "{tree.name}"')

    def _unquote(self, token: Token) -> str:
        try:
            return unquote(token.text)
        except ConstantError as error:
            self.fail(str(error))

    # items

    def item_list(self) -> tuple[n.List, _Stop]:  # noqa: RET503 - fail never returns
        found = n.List(self.peek_solid().pos if self.tokens[self.at].kind == lx.SPACE else self.peek().pos)
        while self.peek_solid().kind != lx.EOF:
            node = self.text_or_action()
            if isinstance(node, _Stop):
                return found, node
            found.nodes.append(node)
        self.fail("unexpected EOF")

    def text_or_action(self) -> n.Node:  # noqa: RET503 - unexpected never returns
        token = self.next_solid()
        if token.kind == lx.TEXT:
            return n.Text(token.pos, token.text)
        if token.kind == lx.LEFT:
            self.action_line = token.line
            node = self.action()
            self.action_line = 0
            return node
        self.unexpected(token, "input")

    def action(self) -> n.Node:
        token = self.peek_solid()
        if token.kind not in lx.KEYWORDS:
            return n.Action(token.pos, self.pipeline("command", lx.RIGHT))
        self.at += 1
        match token.kind:
            case "block":
                return self._block()
            case "break" | "continue":
                return self._jump(token)
            case "else":
                return self._else(token)
            case "end":
                self.expect(lx.RIGHT, "end")
                return _Stop(token.pos, "end")
            case "if" | "range" | "with":
                return self._branch(token)
            case "template":
                return self._template(token)
        self.at -= 1
        return n.Action(token.pos, self.pipeline("command", lx.RIGHT))

    def _jump(self, token: Token) -> n.Node:
        word = token.kind
        if (found := self.next_solid()).kind != lx.RIGHT:
            self.unexpected(found, f"{{{{{word}}}}}")
        if not self.loops:
            self.fail(f"{{{{{word}}}}} outside {{{{range}}}}")
        return n.Jump(token.pos, word)

    def _else(self, token: Token) -> n.Node:
        ahead = self.peek_solid()
        if ahead.kind in ("if", "with"):
            return _Stop(ahead.pos, "else")
        self.expect(lx.RIGHT, "else")
        return _Stop(token.pos, "else")

    def _branch(self, token: Token) -> n.Branch:
        word = token.kind
        mark = len(self.variables)
        pipe = self.pipeline(word, lx.RIGHT)
        inside = len(self.variables)
        if word == "range":
            self.loops += 1
        body, stop = self.item_list()
        if word == "range":
            self.loops -= 1
        # Go's parser still knows the body's variables in the other branch; they are missed when it runs.
        self.variables[inside:] = [(name, -1) for name, _ in self.variables[inside:]]
        otherwise: n.List | None = None
        if stop.word == "else":
            # Go's parser still knows what the body declared; when it runs, nothing of it is there.
            self.variables[inside:] = [(name, -1) for name, _ in self.variables[inside:]]
            chained = self.tokens[self.at].kind
            if word != "range" and chained == word:
                # {{else if x}} stands for {{else}}{{if x}}…{{end}}
                inner = self.next()
                otherwise = n.List(inner.pos)
                otherwise.nodes.append(self._branch(inner))
            else:
                otherwise, end = self.item_list()
                if end.word != "end":
                    self.fail(f"expected end; found {end}")
        del self.variables[mark:]
        return n.Branch(pipe.pos, word, pipe, body, otherwise)

    def _block(self) -> n.Node:
        context = "block clause"
        token = self.next_solid()
        if token.kind not in (lx.STRING, lx.RAW):
            self.unexpected(token, context)
        name = self._unquote(token)
        pipe = self.pipeline(context, lx.RIGHT)
        opened = self.last
        tree, end = self._tree(name)
        if end.word != "end":
            self.last = opened  # the last token that Go's parser of what stands around it read
            self.fail(f"unexpected {end} in {context}")
        self._add(tree)
        return n.Call(token.pos, name, pipe)

    def _template(self, _token: Token) -> n.Node:
        context = "template clause"
        name_token = self.next_solid()
        if name_token.kind not in (lx.STRING, lx.RAW):
            self.unexpected(name_token, context)
        name = self._unquote(name_token)
        pipe = None
        if self.next_solid().kind != lx.RIGHT:
            self.back()
            pipe = self.pipeline(context, lx.RIGHT)
        return n.Call(name_token.pos, name, pipe)

    # pipelines

    def pipeline(self, context: str, end: str) -> n.Pipe:
        token = self.peek_solid()
        pipe = n.Pipe(token.pos)
        mark = len(self.variables)
        if token.kind == lx.VARIABLE:
            self._declarations(pipe, context)
        while True:
            token = self.next_solid()
            kind = token.kind
            if kind == end:
                if len(pipe.commands) != 1:
                    self._check(pipe, context)
                declared = pipe.declared
                if declared:  # what parentheses inside declared stays known, as in Go
                    self.variables[mark : mark + len(declared)] = [(v.names[0], v.slot) for v in declared]
                return pipe
            if kind in _TERMS:
                self.at -= 1
                pipe.commands.append(self._command())
            else:
                self.unexpected(token, context)

    def _declarations(self, pipe: n.Pipe, context: str) -> None:
        while self.peek_solid().kind == lx.VARIABLE:
            variable = self.next()
            start = self.at
            # a space is needed to tell "$x 23" from "$x := 23"
            ahead = self.peek_solid()
            if ahead.kind in (lx.ASSIGN, lx.DECLARE):
                self.next_solid()
                self._target(pipe, variable, ahead)
                pipe.assigns = ahead.kind == lx.ASSIGN
                return
            if ahead.kind == lx.OTHER and ahead.text == ",":
                self.next_solid()
                self._target(pipe, variable, ahead)
                if context == "range" and len(pipe.declared) < 2:
                    if self.peek_solid().kind in (lx.VARIABLE, lx.RIGHT, lx.CLOSE):
                        continue
                    self.fail("range can only initialize variables")
                self.fail(f"too many declarations in {context}")
            self.at = start - 1
            return

    def _target(self, pipe: n.Pipe, token: Token, operator: Token) -> None:
        pipe.declared.append(n.Variable(token.pos, (token.text,), self._slot(token.text)))
        if operator.kind != lx.ASSIGN:
            pipe.declared[-1].slot = self.slots
            self.slots += 1
        elif len(pipe.declared) > 1:  # what stands before the comma is assigned, too
            first = pipe.declared[0]
            first.slot = self._slot(first.names[0])
        self.variables.append((token.text, -1))

    def _slot(self, name: str) -> int:
        """Return the slot of the innermost variable of this name whose pipeline is behind us; -1 for none."""
        return next((slot for known, slot in reversed(self.variables) if known == name and slot >= 0), -1)

    def _check(self, pipe: n.Pipe, context: str) -> None:
        if not pipe.commands:
            self.fail(f"missing value for {context}")
        for number, command in enumerate(pipe.commands[1:], 2):
            if isinstance(command.args[0], n.Bool | n.Dot | n.Nil | n.Number | n.String):
                self.fail(f"non executable command in pipeline stage {number}")

    def _command(self) -> n.Command:
        tokens = self.tokens
        command = n.Command(self.peek_solid().pos)
        args = command.args
        while True:
            token = self.peek_solid()
            term = _LONE.get(token[0])
            if term is not None and tokens[self.at + 1][0] != _FIELD:  # as _operand, for what most operands are
                self.at += 1
                args.append(term(self, token))
            else:
                operand = self._operand()
                if operand is not None:
                    args.append(operand)
            token = self.next()
            kind = token[0]
            if kind == _SPACE:
                continue
            if kind in _CLOSES:
                self.at -= 1
            elif kind != lx.PIPE:
                self.unexpected(token, "operand")
            break
        if not args:
            self.fail("empty command")
        return command

    def _operand(self) -> n.Node | None:
        node = self._term()
        if node is None:
            return None
        if self.peek().kind != lx.FIELD:
            return node
        chain = n.Chain(self.peek().pos, node)
        while self.peek().kind == lx.FIELD:
            chain.names.append(self.next().text[1:])
        if isinstance(node, n.Field):
            return n.Field(chain.pos, (*node.names, *chain.names))
        if isinstance(node, n.Variable):
            return n.Variable(chain.pos, (*node.names, *chain.names), node.slot)
        if isinstance(node, n.Bool | n.String | n.Number | n.Nil | n.Dot):
            self.fail(f"unexpected . after term {_quoted(str(node))}")
        return chain

    def _term(self) -> n.Node | None:
        token = self.next_solid()
        term = _TERMS.get(token[0])
        if term is None:
            self.back()
            return None
        return term(self, token)

    def identifier(self, token: Token) -> n.Node:
        if token.text not in self.functions:
            self.fail(f"function {_quoted(token.text)} not defined", token)
        return n.Identifier(token.pos, token.text)

    def variable(self, token: Token) -> n.Node:
        _, text, pos, _ = token
        known = False
        for name, slot in reversed(self.variables):
            if name == text:
                if slot >= 0:
                    return n.Variable(pos, (text,), slot)
                known = True
        if not known:
            self.fail(f"undefined variable {_quoted(text)}", token)
        return n.Variable(pos, (text,), -1)

    def string(self, token: Token) -> n.Node:
        return n.String(token.pos, token.text, self._unquote(token))

    def number(self, token: Token) -> n.Number:
        try:
            read = parse_complex if token.kind == lx.COMPLEX else parse_number
            whole, real, imaginary = read(token.text)
        except ConstantError as error:
            self.fail(str(error))
        return n.Number(token.pos, token.text, whole, real, imaginary)

    def parenthesized(self, _token: Token) -> n.Node:
        if self.parens >= MAX_DEPTH:
            self.fail("template: parse error: max expression depth exceeded")
        self.parens += 1
        pipe = self.pipeline("parenthesized pipeline", lx.CLOSE)
        self.parens -= 1
        return pipe


class _Stop(n.Node):
    """``end`` or ``else``: what closes a list."""

    def __init__(self, pos: int, word: str) -> None:
        super().__init__(pos)
        self.word = word

    def __str__(self) -> str:
        return f"{{{{{self.word}}}}}"


_LONE: Final[dict[str, Callable[[_Parser, Token], n.Node]]] = {
    lx.IDENTIFIER: _Parser.identifier,
    lx.FIELD: lambda _parser, token: n.Field(token[2], (token[1][1:],)),
    lx.VARIABLE: _Parser.variable,
    lx.STRING: _Parser.string,
    lx.RAW: _Parser.string,
    lx.DOT: lambda _parser, token: n.Dot(token[2]),
    lx.BOOL: lambda _parser, token: n.Bool(token[2], token[1] == "true"),
    "nil": lambda _parser, token: n.Nil(token[2]),
    **dict.fromkeys((lx.NUMBER, lx.CHAR, lx.COMPLEX), _Parser.number),
}
"""What makes an operand of one token."""
_TERMS: Final = {**_LONE, lx.OPEN: _Parser.parenthesized}
"""What makes an operand of what begins with a token."""


def _quoted(text: str) -> str:
    from pxhelm.golang.strconv import quote

    return quote(text)
