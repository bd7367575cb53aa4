"""The parse tree of a template: data with positions, and Go's canonical re-printing for error contexts.

``pos`` is the offset in the source text that Go would blame (characters here; errors convert to bytes).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pxhelm.golang.strconv import quote


@dataclass(slots=True, eq=False)
class Node:
    """Anything in the tree."""

    pos: int


@dataclass(slots=True, eq=False)
class Text(Node):
    """Literal output."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True, eq=False)
class List(Node):
    """A sequence of nodes."""

    nodes: list[Node] = field(default_factory=list)

    def __str__(self) -> str:
        return "".join(map(str, self.nodes))


@dataclass(slots=True, eq=False)
class Dot(Node):
    """``.``."""

    def __str__(self) -> str:
        return "."


@dataclass(slots=True, eq=False)
class Nil(Node):
    """``nil``."""

    def __str__(self) -> str:
        return "nil"


@dataclass(slots=True, eq=False)
class Bool(Node):
    """``true`` or ``false``."""

    value: bool

    def __str__(self) -> str:
        return "true" if self.value else "false"


@dataclass(slots=True, eq=False)
class Number(Node):
    """A constant; ``whole`` and ``real`` are None when it is not representable so."""

    text: str
    whole: int | None = None
    real: float | None = None
    imaginary: complex | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True, eq=False)
class String(Node):
    """A string constant with its source text."""

    quoted: str
    text: str

    def __str__(self) -> str:
        return self.quoted


@dataclass(slots=True, eq=False)
class Field(Node):
    """``.a.b``."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(f".{name}" for name in self.names)


@dataclass(slots=True, eq=False)
class Variable(Node):
    """``$x.a``; ``names[0]`` is the variable with its dollar."""

    names: tuple[str, ...]
    slot: int = 0

    def __str__(self) -> str:
        return ".".join(self.names)


@dataclass(slots=True, eq=False)
class Identifier(Node):
    """The name of a function."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(slots=True, eq=False)
class Chain(Node):
    """``(pipeline).a.b`` or ``function.a``."""

    node: Node
    names: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        inner = f"({self.node})" if isinstance(self.node, Pipe) else str(self.node)
        return inner + "".join(f".{name}" for name in self.names)


@dataclass(slots=True, eq=False)
class Command(Node):
    """An operand and its arguments."""

    args: list[Node] = field(default_factory=list)

    def __str__(self) -> str:
        return " ".join(f"({arg})" if isinstance(arg, Pipe) else str(arg) for arg in self.args)


@dataclass(slots=True, eq=False)
class Pipe(Node):
    """Commands, and the variables that their result goes to."""

    commands: list[Command] = field(default_factory=list)
    declared: list[Variable] = field(default_factory=list)
    assigns: bool = False

    def __str__(self) -> str:
        lead = ""
        if self.declared:
            lead = ", ".join(map(str, self.declared)) + (" = " if self.assigns else " := ")
        return lead + " | ".join(map(str, self.commands))


@dataclass(slots=True, eq=False)
class Action(Node):
    """``{{pipeline}}``."""

    pipe: Pipe

    def __str__(self) -> str:
        return f"{{{{{self.pipe}}}}}"


@dataclass(slots=True, eq=False)
class Branch(Node):
    """``if``, ``with`` or ``range``."""

    word: str
    pipe: Pipe
    body: List
    otherwise: List | None = None

    def __str__(self) -> str:
        middle = f"{{{{else}}}}{self.otherwise}" if self.otherwise is not None else ""
        return f"{{{{{self.word} {self.pipe}}}}}{self.body}{middle}{{{{end}}}}"


@dataclass(slots=True, eq=False)
class Jump(Node):
    """``break`` or ``continue``."""

    word: str

    def __str__(self) -> str:
        return f"{{{{{self.word}}}}}"


@dataclass(slots=True, eq=False)
class Call(Node):
    """``{{template "name" pipeline}}``."""

    name: str
    pipe: Pipe | None = None

    def __str__(self) -> str:
        return f"{{{{template {quote(self.name)}{f' {self.pipe}' if self.pipe else ''}}}}}"


@dataclass(slots=True, eq=False)
class Tree:
    """One named template: its body, and the source it was parsed from."""

    name: str
    parse_name: str
    source: str
    root: List
    slots: int = 1
    """Variables it needs, ``$`` included."""

    @property
    def empty(self) -> bool:
        """Whether it holds nothing but white space (parse.IsEmptyTree)."""
        return all(isinstance(node, Text) and not node.text.strip(" \t\r\n\v\f\x85\xa0") for node in self.root.nodes)
