"""What a form is: how one leaf is read from a parameter's content and written there. ``forms`` has them by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pxhelm.proxmox.wire import Value as WireValue
from pxhelm.resource.model import Value

Content = dict[str, WireValue]


@dataclass(frozen=True, slots=True)
class Form:
    """Reading and writing of one leaf; ``key`` is the sub-option (empty for a plain parameter), ``slot`` the device."""

    read: Callable[[Mapping[str, WireValue], str, str], Value]
    write: Callable[[Content, str, str, Value], None]


def number_of(value: WireValue | None) -> int | float | None:
    """Return the number of a parameter, None when it is none."""
    if isinstance(value, (int, float)):
        return value
    try:
        number = float(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return int(number) if number is not None and number.is_integer() else number


def put(content: Content, key: str, value: WireValue | None) -> None:
    """Set a key, or remove it with None."""
    if value is None:
        content.pop(key, None)
    else:
        content[key] = value


def truth(value: WireValue) -> bool:
    """Whether a parameter means yes, in any of the spellings that Proxmox takes."""
    return value not in (False, 0, "0", "", "no", "off", "false")


def split_list(text: str, separators: str) -> list[str]:
    """Return the items of a list written with any of the separators."""
    for separator in separators[1:]:
        text = text.replace(separator, separators[0])
    return [item.strip() for item in text.split(separators[0]) if item.strip()]


def map_form(
    items: Callable[[Mapping[str, WireValue]], Mapping[str, Value]],
    join: Callable[[Mapping[str, Value]], WireValue | None],
) -> Form:
    """Return the form of one entry of a map that stands in one parameter."""

    def read(content: Mapping[str, WireValue], _key: str, slot: str) -> Value:
        return items(content).get(slot)

    def write(content: Content, _key: str, slot: str, value: Value) -> None:
        known = dict(items(content))
        if value is None:
            known.pop(slot, None)
        else:
            known[slot] = value
        put(content, "", join(known))

    return Form(read, write)
