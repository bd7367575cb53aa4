"""What the dataclasses that ``expand`` wrote out share, without ``dataclasses`` itself: that imports ``inspect``.

In the binary only. Whoever asks for the fields of such a class gets real ``dataclasses.Field`` objects.
"""

from __future__ import annotations

from types import SimpleNamespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

FACTORY: Any = object()
"""Stands for "no argument: call the factory" among an ``__init__``'s defaults."""

set_field = object.__setattr__


class Fields:
    """``__dataclass_fields__``, made when somebody asks for it."""

    def __init__(self, own: Callable[[], dict[str, tuple[str, dict[str, Any]]]]) -> None:
        """``own`` gives the class' own fields, each with its type's text and what ``field()`` was told but a default."""
        self.own = own

    def __get__(self, instance: object, owner: type) -> dict[str, Any]:
        """Return the fields, inherited ones first, and keep them in the class."""
        import dataclasses

        home: Any = next(cls for cls in owner.__mro__ if cls.__dict__.get("__dataclass_fields__") is self)
        found: dict[str, Any] = {}
        for base in home.__mro__[:0:-1]:
            if "__dataclass_fields__" in base.__dict__:
                found.update(base.__dataclass_fields__)
        defaults = home.__init__.__defaults__ or ()
        parameters = home.__init__.__code__.co_varnames[: home.__init__.__code__.co_argcount]
        values = dict(zip(parameters[len(parameters) - len(defaults) :], defaults, strict=True))
        for name, (type_, options) in self.own().items():
            if values.get(name, FACTORY) is not FACTORY:
                options["default"] = values[name]
            made: Any = dataclasses.field(**options)
            made.name, made.type, made.kw_only = name, type_, False
            made._field_type = dataclasses._FIELD  # type: ignore[attr-defined]  # noqa: SLF001 - what fields() looks for
            found[name] = made
        home.__dataclass_fields__ = found
        return found


def _params(*, eq: bool, frozen: bool, order: bool) -> Any:
    return SimpleNamespace(init=True, repr=True, eq=eq, order=order, unsafe_hash=False, frozen=frozen)


_BOTH = (False, True)
PARAMS = {(e, f, o): _params(eq=e, frozen=f, order=o) for e in _BOTH for f in _BOTH for o in _BOTH}
"""``__dataclass_params__`` by (eq, frozen, order)."""


def represent(self: Any) -> str:
    """``__repr__``."""
    import dataclasses

    shown = (f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def refuse_assignment(self: Any, name: str, value: object) -> None:
    """``__setattr__`` of a frozen class."""
    if not _is_extra(self, name):
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    set_field(self, name, value)


def refuse_deletion(self: Any, name: str) -> None:
    """``__delattr__`` of a frozen class."""
    if not _is_extra(self, name):
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot delete field {name!r}")
    object.__delattr__(self, name)


def _is_extra(self: Any, name: str) -> bool:
    """Tell whether it is an attribute that only a subclass, itself no dataclass, has."""
    return "__dataclass_params__" not in type(self).__dict__ and name not in self.__match_args__


def get_state(self: Any) -> list[Any]:
    """``__getstate__`` of a frozen class with slots."""
    return [getattr(self, name) for name in self.__match_args__]


def set_state(self: Any, state: list[Any]) -> None:
    """``__setstate__`` of a frozen class with slots."""
    for name, value in zip(self.__match_args__, state, strict=True):
        set_field(self, name, value)


def replace(obj: Any, /, **changes: Any) -> Any:
    """``dataclasses.replace``."""
    cls = type(obj)
    if "__dataclass_params__" not in cls.__dict__ or not isinstance(cls.__dataclass_params__, SimpleNamespace):
        import dataclasses

        return dataclasses.replace(obj, **changes)
    for name in cls.__match_args__:
        if name not in changes:
            changes[name] = getattr(obj, name)
    return cls(**changes)
