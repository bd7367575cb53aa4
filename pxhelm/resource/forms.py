"""How canonical values stand in Proxmox' parameters: units, inverted booleans, lists, and what disks are called.

A form reads one leaf from the parsed content of a parameter and writes it there. The content of a property string is
its keys; that of a plain parameter stands under the empty key. Never prints a parameter: ``encode`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pxhelm.proxmox.wire import Value as WireValue
from pxhelm.resource.form import Content, Form, number_of, put, split_list, truth
from pxhelm.resource.forms_guests import GUEST_FORMS, GUEST_MAPS
from pxhelm.resource.forms_sections import SECTION_FORMS, SECTION_MAPS
from pxhelm.resource.forms_volumes import VOLUME_FORMS
from pxhelm.resource.identity import split_description
from pxhelm.resource.model import Value
from pxhelm.resource.quantities import KIB, MIB


def _plain(as_type: Callable[[WireValue], Value]) -> Form:
    def read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
        value = content.get(key)
        return None if value is None else as_type(value)

    def write(content: Content, key: str, _slot: str, value: Value) -> None:
        assert value is None or isinstance(value, (str, int, float, bool))
        put(content, key, value)

    return Form(read, write)


def _scaled(factor: int) -> Form:
    def read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
        number = number_of(content.get(key))
        if number is None:
            return None
        product = number * factor
        return int(product) if float(product).is_integer() else product

    def write(content: Content, key: str, _slot: str, value: Value) -> None:
        assert value is None or isinstance(value, (int, float))
        if value is None:
            content.pop(key, None)
            return
        number = value / factor
        content[key] = int(number) if number.is_integer() else number

    return Form(read, write)


def _throttle() -> Form:
    """Return the form of a bandwidth limit: written as ``mbps…``, which is hot, read also from ``bps…``, which is not."""
    mbps = _scaled(MIB)

    def read(content: Mapping[str, WireValue], key: str, slot: str) -> Value:
        found = mbps.read(content, key, slot)
        number = number_of(content.get(key[1:])) if found is None else None
        return found if number is None else int(number)

    def write(content: Content, key: str, slot: str, value: Value) -> None:
        content.pop(key[1:], None)
        mbps.write(content, key, slot, value)

    return Form(read, write)


def _words(yes: str, no: str) -> Form:
    def read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
        value = content.get(key)
        return None if value is None else value == yes or value is True

    def write(content: Content, key: str, _slot: str, value: Value) -> None:
        put(content, key, None if value is None else yes if value else no)

    return Form(read, write)


def _inverted_read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
    value = content.get(key)
    return None if value is None else not truth(value)


def _inverted_write(content: Content, key: str, _slot: str, value: Value) -> None:
    put(content, key, None if value is None else not value)


def _joined(separators: str, *, ordered: bool) -> Form:
    """Return the form of a list; the first separator is the one that is written, all are read."""

    def read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
        value = content.get(key)
        if value is None:
            return None
        items = value if isinstance(value, list) else split_list(str(value), separators)
        return tuple(items) if ordered else tuple(sorted(set(items)))

    def write(content: Content, key: str, _slot: str, value: Value) -> None:
        assert value is None or isinstance(value, tuple)
        put(content, key, separators[0].join(str(item) for item in value) if value else None)

    return Form(read, write)


def _array(*, ordered: bool) -> Form:
    """Return the form of a list that is an array in the API, not one text."""

    def read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
        value = content.get(key)
        items = value if isinstance(value, list) else [] if value is None else [str(value)]
        return (tuple(items) if ordered else tuple(sorted(set(items)))) or None

    def write(content: Content, key: str, _slot: str, value: Value) -> None:
        assert value is None or isinstance(value, tuple)
        put(content, key, [str(item) for item in value] if value else None)

    return Form(read, write)


def _vmids() -> Form:
    """Return the form of a list of guests by VMID."""
    plain = _joined(",; ", ordered=False)

    def read(content: Mapping[str, WireValue], key: str, slot: str) -> Value:
        found = plain.read(content, key, slot)
        return tuple(sorted(f"vmid:{each}" for each in found)) if isinstance(found, tuple) else None

    def write(content: Content, key: str, slot: str, value: Value) -> None:
        assert value is None or isinstance(value, tuple)
        numbers = sorted(int(str(each).removeprefix("vmid:")) for each in value) if value is not None else None
        plain.write(content, key, slot, None if numbers is None else tuple(str(each) for each in numbers))

    return Form(read, write)


def _vmid_read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
    value = content.get(key)
    return None if value is None else f"vmid:{value}"


def _vmid_write(content: Content, key: str, _slot: str, value: Value) -> None:
    put(content, key, None if value is None else int(str(value).removeprefix("vmid:")))


def _tags_read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
    value = content.get(key)
    if value is None:
        return None
    items = value if isinstance(value, list) else split_list(str(value), ";, ")
    return tuple(sorted({item.lower() for item in items})) or None


def _description_read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
    value = content.get(key)
    return (split_description(str(value))[0] or None) if value is not None else None


def _text(value: WireValue) -> Value:
    if isinstance(value, bool):
        return "1" if value else "0"
    return ";".join(value) if isinstance(value, list) else str(value)


def _bool(value: WireValue) -> Value:
    return truth(value)


def _int(value: WireValue) -> Value:
    number = number_of(value)
    return number if number is not None else str(value)


def _raw(value: WireValue) -> Value:
    return tuple(value) if isinstance(value, list) else value


TEXT = _plain(_text)
KIBIPS = _scaled(KIB)

FORMS: Mapping[str, Form] = {
    # by type
    "int": _plain(_int),
    "number": _plain(_int),
    "duration": _plain(_int),
    "size": _plain(_int),
    "bool": _plain(_bool),
    "raw": _plain(_raw),
    "set": _joined(",; ", ordered=False),
    "list": _joined(",; ", ordered=True),
    "refs": _joined(",; ", ordered=False),
    # units
    "mib": _scaled(MIB),
    "mbps": _scaled(MIB),
    "throttle": _throttle(),
    "kibps": KIBIPS,
    # spellings
    "not": Form(_inverted_read, _inverted_write),
    "on-ignore": _words("on", "ignore"),
    "yes-no": _words("yes", "no"),
    "semicolons": _joined(";, ", ordered=False),
    "semicolon-list": _joined(";, ", ordered=True),
    "spaces": _joined(" ,;", ordered=True),
    "space-set": _joined(" ,;", ordered=False),
    "commas": _joined(",; ", ordered=False),
    "lines": _joined("\n", ordered=False),
    "array": _array(ordered=True),
    "array-set": _array(ordered=False),
    # guests
    "vmids": _vmids(),
    "vmid": Form(_vmid_read, _vmid_write),
    "description": Form(_description_read, TEXT.write),
    "tags": Form(_tags_read, _joined(";", ordered=False).write),
    **GUEST_FORMS,
    **VOLUME_FORMS,
    **SECTION_FORMS,
}


MAPS: Mapping[str, Callable[[Mapping[str, WireValue]], Mapping[str, Value]]] = {
    **GUEST_MAPS,
    **SECTION_MAPS,
}
"""Forms of parameters that hold a map with free keys."""


def form_of(type_name: str, form: str) -> Form:
    """Return the form of a field: by its own name, else by its type, else plain text."""
    return FORMS.get(form or type_name, TEXT)
