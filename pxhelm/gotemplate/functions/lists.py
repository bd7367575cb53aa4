"""Functions on lists.

Never change a list in place: every result is a new one. ``must…`` variants are the same functions, as a template
cannot tell Go's panic from an error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pxhelm.golang.cast import to_int64
from pxhelm.golang.text import to_string
from pxhelm.golang.value import GoList, Ints, Lists, NilList, Uint8, deep_equal, kind_name
from pxhelm.gotemplate.signature import ANY, Function, FunctionError, function

NIL_POINTER = "runtime error: invalid memory address or nil pointer dereference"
MAX_ITEMS = 4_000_000
"""Elements that ``until`` and ``untilStep`` may make at most."""


def _items(value: object, refusal: str) -> list[object]:
    """Return a list's elements; FunctionError, ending in the kind's name, for anything else."""
    if isinstance(value, list):
        return value
    if isinstance(value, bytes):
        return list(map(Uint8, value))
    if value is None:
        raise FunctionError(NIL_POINTER)
    raise FunctionError(f"{refusal} {kind_name(value)}")


def list_(*values: object) -> list[object]:
    """Return the arguments as a list."""
    return list(values)


def push(value: object, item: object) -> list[object]:
    """Return the list with one element more."""
    return [*_items(value, "Cannot push on type"), item]


def prepend(value: object, item: object) -> list[object]:
    """Return the list with one element more at its beginning."""
    return [item, *_items(value, "Cannot prepend on type")]


def chunk(size: int, value: object) -> Lists:
    """Cut a list into lists of one size."""
    items = _items(value, "Cannot chunk type")
    if size <= 0:
        return _chunk_backwards(size, items)
    return Lists([items[i : i + size] for i in range(0, len(items), size)])


def _chunk_backwards(size: int, items: Sequence[object]) -> Lists:
    """Return what sprig's arithmetic makes of a size that is none: of one element one list, of few nothing."""
    count = (len(items) - 1) // size + 1 if size else -1
    rest_ = math.fmod(len(items), size) if size else 0
    if count < 0 or (count and not rest_):
        raise FunctionError("runtime error: makeslice: len out of range")
    return Lists([list(items)]) if count else Lists()


def first(value: object) -> object:
    """Return the first element, nil when there is none."""
    items = _items(value, "Cannot find first on type")
    return items[0] if items else None


def last(value: object) -> object:
    """Return the last element, nil when there is none."""
    items = _items(value, "Cannot find last on type")
    return items[-1] if items else None


def rest(value: object) -> list[object]:
    """Return all but the first element."""
    items = _items(value, "Cannot find rest on type")
    return list(items[1:]) if items else NilList()


def initial(value: object) -> list[object]:
    """Return all but the last element."""
    items = _items(value, "Cannot find initial on type")
    return list(items[:-1]) if items else NilList()


def reverse(value: object) -> list[object]:
    """Return the elements in reverse order."""
    return list(reversed(_items(value, "Cannot find reverse on type")))


def _empty(value: object) -> bool:
    return not value and (value is None or isinstance(value, str | int | float | list | dict | bytes))


def compact(value: object) -> list[object]:
    """Return the elements that are not empty."""
    return [item for item in _items(value, "Cannot compact on type") if not _empty(item)]


def _has(items: list[object], item: object) -> bool:
    return any(deep_equal(item, other) for other in items)


def uniq(value: object) -> list[object]:
    """Return each element once."""
    found: list[object] = []
    texts: set[str] = set()
    for item in _items(value, "Cannot find uniq on type"):
        if type(item) is str:
            if item not in texts:
                texts.add(item)
                found.append(item)
        elif not _has(found, item):
            found.append(item)
    return found


def without(value: object, *omitted: object) -> list[object]:
    """Return the elements that are not among the others."""
    omitted_list = list(omitted)
    return [item for item in _items(value, "Cannot find without on type") if not _has(omitted_list, item)]


def has(needle: object, haystack: object) -> bool:
    """Whether a list holds an element, types compared too."""
    return haystack is not None and _has(_items(haystack, "Cannot find has on type"), needle)


def slice_(value: object, *indices: object) -> object:
    """Return the elements from one index to another."""
    if isinstance(value, bytes):
        items: list[object] | bytes = value
    else:
        items = _items(value, "list should be type of slice or array but")
    if not items:
        return None
    start = to_int64(indices[0]) if indices else 0
    end = to_int64(indices[1]) if len(indices) > 1 else len(items)
    if start < 0 or end < start or end > len(items):
        raise FunctionError("reflect.Value.Slice: slice index out of bounds")
    cut = items[start:end]
    return type(value)(cut) if isinstance(value, GoList) and not value.GO_NIL else cut


def concat(*lists: object) -> list[object]:
    """Join lists."""
    found: list[object] = []
    for value in lists:
        if value is None:
            raise FunctionError(NIL_POINTER)
        if not isinstance(value, list | bytes):
            raise FunctionError(f"Cannot concat type {kind_name(value)} as list")
        found.extend(_items(value, ""))
    return found or NilList()


def until(count: int) -> Ints:
    """Return the numbers from 0 up, or down, to before the count."""
    return until_step(0, count, -1 if count < 0 else 1)


def until_step(start: int, stop: int, step: int) -> Ints:
    """Return the numbers from start to before stop, step by step."""
    if step == 0 or (step > 0) != (stop >= start):
        return Ints()
    numbers = range(start, stop, step)
    if len(numbers) > MAX_ITEMS:
        raise FunctionError(f"list of {len(numbers)} elements is longer than {MAX_ITEMS}")
    return Ints(numbers)


def seq(*params: int) -> str:
    """Return numbers as the shell's seq prints them, separated by spaces."""
    if len(params) == 1:
        start, step, end = 1, 1 if params[0] >= 1 else -1, params[0]
        increment = step
    elif len(params) == 2:
        start, end = params
        step = increment = -1 if end < start else 1
    elif len(params) == 3:
        start, step, end = params
        increment = -1 if end < start else 1
        if end < start and step > 0:
            return ""
    else:
        return ""
    return " ".join(map(to_string, until_step(start, end + increment, step)))


_LIST = "[]interface {}"
FUNCTIONS: dict[str, Function] = {
    "list": function(list_, "..." + ANY, result=_LIST),
    "tuple": function(list_, "..." + ANY, result=_LIST),
    "append": function(push, ANY, ANY, result=_LIST),
    "push": function(push, ANY, ANY, result=_LIST),
    "mustAppend": function(push, ANY, ANY, result=_LIST),
    "mustPush": function(push, ANY, ANY, result=_LIST),
    "prepend": function(prepend, ANY, ANY, result=_LIST),
    "mustPrepend": function(prepend, ANY, ANY, result=_LIST),
    "chunk": function(chunk, "int", ANY, result="[][]interface {}"),
    "mustChunk": function(chunk, "int", ANY, result="[][]interface {}"),
    "first": function(first, ANY),
    "mustFirst": function(first, ANY),
    "last": function(last, ANY),
    "mustLast": function(last, ANY),
    "rest": function(rest, ANY, result=_LIST),
    "mustRest": function(rest, ANY, result=_LIST),
    "initial": function(initial, ANY, result=_LIST),
    "mustInitial": function(initial, ANY, result=_LIST),
    "reverse": function(reverse, ANY, result=_LIST),
    "mustReverse": function(reverse, ANY, result=_LIST),
    "compact": function(compact, ANY, result=_LIST),
    "mustCompact": function(compact, ANY, result=_LIST),
    "uniq": function(uniq, ANY, result=_LIST),
    "mustUniq": function(uniq, ANY, result=_LIST),
    "without": function(without, ANY, "..." + ANY, result=_LIST),
    "mustWithout": function(without, ANY, "..." + ANY, result=_LIST),
    "has": function(has, ANY, ANY, result="bool"),
    "mustHas": function(has, ANY, ANY, result="bool"),
    "slice": function(slice_, ANY, "..." + ANY),
    "mustSlice": function(slice_, ANY, "..." + ANY),
    "concat": function(concat, "..." + ANY),
    "until": function(until, "int", result="[]int"),
    "untilStep": function(until_step, "int", "int", "int", result="[]int"),
    "seq": function(seq, "...int", result="string"),
}
