"""How many objects may go before somebody has to say so."""

import pytest

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.resource.deletions import Word, check, limit


def names(count):
    return [f"VirtualMachine/prod/vm-{n}" for n in range(count)]


@pytest.mark.parametrize(("inventory", "free"), [(0, 3), (3, 3), (15, 3), (20, 4), (1000, 200)])
def test_three_objects_or_a_fifth_may_go_without_a_word(inventory, free):
    assert limit(inventory) == free
    check(names(free), inventory, 1, Word())
    with pytest.raises(PxhelmError, match=f"cannot delete {free + 1} of {inventory} objects") as refused:
        check(names(free + 1), inventory, 1, Word())
    assert refused.value.code is ExitCode.REFUSED
    assert refused.value.hint.endswith(f"--confirm-deletes={free + 1}")


def test_the_number_has_to_be_the_right_one():
    check(names(9), 10, 1, Word(confirmed=9))
    for count in (2, 9):
        with pytest.raises(PxhelmError, match=f"cannot delete {count} objects: --confirm-deletes says 8"):
            check(names(count), 10, 1, Word(confirmed=8))


def test_somebody_who_is_there_is_asked_with_the_names():
    asked = []

    def ask(going, inventory):
        asked.append((list(going), inventory))
        return len(asked) == 1

    check(names(5), 6, 1, Word(ask=ask))
    with pytest.raises(PxhelmError, match="nothing was done"):
        check(names(5), 6, 1, Word(ask=ask))
    assert asked == [(names(5), 6)] * 2


def test_where_helm_goes_on_it_is_told():
    told = []
    check(names(5), 6, 1, Word(unasked=told.append))
    assert told == [f"5 of 6 objects go: {', '.join(names(5))}"]


def test_an_empty_rendering_deletes_nothing_by_accident():
    with pytest.raises(PxhelmError, match="cannot delete all 1 objects: the manifests are empty"):
        check(names(1), 1, 0, Word(unasked=print))
    check(names(1), 1, 0, Word(allow_empty=True))
    check([], 0, 0, Word())
