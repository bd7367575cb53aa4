"""Closures that call a function, written out for the numbers of arguments that are common.

A list of arguments, gathered and spread again, costs more than most functions do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from pxhelm.gotemplate import nodes as n
from pxhelm.gotemplate.building import Compiler
from pxhelm.gotemplate.errors import BudgetError, TemplateError
from pxhelm.gotemplate.runtime import Frame, Get
from pxhelm.gotemplate.signature import FunctionError

CheckFinal = Callable[[Frame, object], object]
"""Checks what a pipe brings; fails when it does not fit."""

FAILURES: Final = (FunctionError, TemplateError, RecursionError)
"""What a function may raise that is told as ``error calling NAME``; a spent budget is not."""


class Called:
    """A function in a template: what is called, and whom its errors blame."""

    __slots__ = ("call", "compiler", "name", "node", "wrapped")

    def __init__(
        self, compiler: Compiler, node: n.Node, name: str, call: Callable[..., object], *, typed: bool = True
    ) -> None:
        self.compiler = compiler
        self.node = node
        self.name = name
        self.call = call
        self.wrapped = FAILURES if typed else (FunctionError,)
        """What is told as an error of the function; one that takes anything leaves a full stack to its callers."""

    def failed(self, error: Exception) -> Exception:
        """Return what to raise for an error of the function."""
        if isinstance(error, BudgetError):
            raise error
        if isinstance(error, RecursionError):
            return self.compiler.error(self.node, f"error calling {self.name}: a value is nested too deep")
        return self.compiler.error(self.node, f"error calling {self.name}: {error}", error)


def apply(called: Called, getters: Sequence[Get]) -> Get:
    """Call with arguments that are each already checked."""
    function, failed, wrapped = called.call, called.failed, called.wrapped
    if len(getters) == 1:
        (only,) = getters

        def one(f: Frame) -> object:
            value = only(f)
            try:
                return function(value)
            except wrapped as error:
                raise failed(error) from error

        return one
    if len(getters) == 2:
        first, second = getters

        def two(f: Frame) -> object:
            left = first(f)
            right = second(f)
            try:
                return function(left, right)
            except wrapped as error:
                raise failed(error) from error

        return two

    def many(f: Frame) -> object:
        values = [get(f) for get in getters]
        try:
            return function(*values)
        except wrapped as error:
            raise failed(error) from error

    return many


def apply_with_run(called: Called, getters: Sequence[Get]) -> Get:
    """Call one of the engine's own functions, which takes the run first."""
    function, failed, wrapped = called.call, called.failed, called.wrapped
    if len(getters) == 2:  # include, tpl, required
        first, second = getters

        def two(f: Frame) -> object:
            left = first(f)
            right = second(f)
            try:
                return function(f.run, left, right)
            except wrapped as error:
                raise failed(error) from error

        return two

    def many(f: Frame) -> object:
        values = [get(f) for get in getters]
        try:
            return function(f.run, *values)
        except wrapped as error:
            raise failed(error) from error

    return many


def apply_with_host(called: Called, getters: Sequence[Get]) -> Get:
    """Call a function that takes the host first."""
    function, failed, wrapped = called.call, called.failed, called.wrapped

    def many(f: Frame) -> object:
        values = [get(f) for get in getters]
        try:
            return function(f.run.host, *values)
        except wrapped as error:
            raise failed(error) from error

    return many


def apply_piped(
    called: Called, getters: Sequence[Get], final: Get, check: CheckFinal | None, plain: type | None
) -> Get:
    """Call with what the pipe brings as the last argument: evaluated first and checked last, as in Go."""
    function, failed, wrapped = called.call, called.failed, called.wrapped
    if not getters:

        def alone(f: Frame) -> object:
            brought = final(f)
            if check is not None and type(brought) is not plain:
                brought = check(f, brought)
            try:
                return function(brought)
            except wrapped as error:
                raise failed(error) from error

        return alone
    if len(getters) == 1:
        (only,) = getters

        def two(f: Frame) -> object:
            brought = final(f)
            value = only(f)
            if check is not None and type(brought) is not plain:
                brought = check(f, brought)
            try:
                return function(value, brought)
            except wrapped as error:
                raise failed(error) from error

        return two

    def many(f: Frame) -> object:
        brought = final(f)
        values = [get(f) for get in getters]
        if check is not None and type(brought) is not plain:
            brought = check(f, brought)
        try:
            return function(*values, brought)
        except wrapped as error:
            raise failed(error) from error

    return many
