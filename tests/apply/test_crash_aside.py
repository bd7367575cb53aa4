"""A crash at every point of a way that lets a guest stand aside: into the trash, or until another one is made in its place."""

import pytest

from pxhelm.errors import ExitCode
from pxhelm.resource.aside import is_replaced, is_trashed
from pxhelm.resource.identity import ObjectKey
from pxhelm.store.objects import ObjectQuery
from tests.apply.test_crash import crash_at, free_leases, from_every_point, truth
from tests.apply.test_create_first import NEW, OLD
from tests.apply.test_create_first import WEB as CT
from tests.apply.test_deletion_policies import KEYS, VM


def keys(lab):
    found = lab.store.objects.list(ObjectQuery("lab"))
    return [ObjectKey(o.key.kind, o.key.namespace, o.key.name) for o in found]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_guest_ends_in_the_trash_from_every_point_and_is_never_destroyed(lab, after):
    text, key = VM.replace("POLICY", "Trash(7d)"), KEYS[VM]

    def try_at(number):
        lab.apply(text)
        mark = lab.mark
        crashed = crash_at(lab, number, after, lambda ports: lab.destroy_with(ports, key))
        free_leases(lab)
        assert lab.destroy(key).exit_code is ExitCode.OK, number
        assert [e for e in lab.writes(mark) if e.method == "DELETE"] == [], number
        truth(lab, 1)
        (guest,) = lab.guests().values()
        assert (guest["name"], guest["status"]) == ("trash-web", "stopped"), number
        (aside,) = keys(lab)
        assert is_trashed(aside), number
        assert lab.destroy(aside).exit_code is ExitCode.OK
        truth(lab, 0)
        return crashed

    assert from_every_point(0, 1, try_at) > 5


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_guest_is_replaced_from_every_point_and_one_is_always_there(lab, after):
    def try_at(number):
        lab.apply(OLD)
        (before,) = lab.guests()
        crashed = crash_at(lab, number, after, lambda ports: lab.apply_with(ports, NEW))
        free_leases(lab)
        assert any(row["status"] == "running" for row in lab.guests().values()), number
        result = lab.apply(NEW)
        assert result.exit_code is ExitCode.OK, (number, [o.outcome for o in result.failed])
        truth(lab, 1)
        assert before not in lab.guests(), number
        assert not any(is_replaced(key) for key in keys(lab)), number
        assert lab.plan(NEW).plan.empty, number
        assert lab.destroy(CT).exit_code is ExitCode.OK
        return crashed

    assert from_every_point(0, 1, try_at) > 15
