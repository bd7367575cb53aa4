"""What can be wrong with a template: a sentence for the chart's author, in Go's words, with its place.

Never renders itself for a terminal; ``str`` is Go's text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a template: the name it was parsed under, 1-based line, 0-based byte column, and the line itself."""

    name: str
    line: int
    column: int
    text: str = ""


class TemplateError(Exception):
    """Anything wrong with a template."""

    place: Place | None = None


class ParseError(TemplateError):
    """A template that does not parse: ``template: NAME:LINE: message``."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(f"template: {place.name}:{place.line}: {message}")
        self.message = message
        self.place = place


class ExecError(TemplateError):
    """A template that fails while it runs.

    ``str`` is Go's: ``template: NAME:LINE:COL: executing "T" at <context>: message``; ``cause`` is the error of a
    nested template or function that the message quotes.
    """

    place: Place
    named = True
    """False as long as the template's name is that of another one with the same source."""

    def __init__(self, message: str, place: Place, template: str, context: str, cause: Exception | None = None) -> None:
        from pxhelm.golang.strconv import quote

        super().__init__(
            f"template: {place.name}:{place.line}:{place.column}: executing {quote(template)} at <{context}>: {message}"
        )
        self.message = message
        self.place = place
        self.template = template
        self.context = context
        self.cause = cause

    def under(self, name: str, template: str) -> ExecError:
        """Return the same error of the template that really ran; ``name``: what it was parsed under."""
        return ExecError(self.message, replace(self.place, name=name), template, self.context, self.cause)

    def innermost(self) -> ExecError:
        """Return the deepest template error of the chain."""
        found = self
        while isinstance(found.cause, ExecError):
            found = found.cause
        return found


class BudgetError(TemplateError):
    """A limit on steps, depth or output was reached."""
