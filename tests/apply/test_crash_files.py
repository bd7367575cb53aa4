"""A crash at every point of a change of a snippet's content: the right file is there in the end, and nobody else's is gone."""

from dataclasses import replace

import pytest

from pxhelm.apply.engine import apply_plan
from pxhelm.apply.planning import PlanRequest, plan_objects
from tests.apply.lab import QUICK
from tests.apply.test_crash import Countdown, crash_at, free_leases, from_every_point
from tests.apply.test_former_files import KEY, WEB, Site, guest, snippet

both = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
GUEST = guest()


@pytest.fixture
def site(lab):
    return Site(lab)


def crash(site, number, after, *texts):
    """Apply and die at one of the points, the deliveries of files among them."""

    def run(ports):
        countdown: Countdown = ports.store._countdown
        deliver = site.ports().errand

        def errand(delivery):
            if not after:
                countdown.meet()
            deliver(delivery)
            if after:
                countdown.meet()
            return ()

        ports = replace(ports, errand=errand, allowed=frozenset({"ssh"}))
        apply_plan(ports, plan_objects(ports, site.lab.resources(*texts), PlanRequest()), QUICK)

    crashed = crash_at(site.lab, number, after, run)
    free_leases(site.lab)
    return crashed


def ends(site, number, *texts):
    """Apply, and see that the file of the manifests is the only one of ours."""
    site.apply(*texts)
    (file,) = site.plan(*texts).plan.objects[0].steps or (None,)
    assert file is None, number
    assert len(site.ours()) == 1, number
    assert site.rows() == ["base.yaml"], number
    assert site.foreign <= set(site.files()), number
    assert site.lab.store.journal.open_ops("lab") == (), number
    assert site.plan(*texts).plan.empty, number
    (row,) = site.lab.guests()
    wanted = site.lab.api("GET", f"/nodes/pve-node1/qemu/{row}/config")["cicustom"]
    assert {wanted} == {f"user={file}" for file in site.ours()}, number


@both
def test_new_content_is_gone_on_with_from_every_point(site, after):
    def try_at(number):
        site.apply(snippet("one"), GUEST)
        crashed = crash(site, number, after, snippet("two"), GUEST)
        ends(site, number, snippet("two"), GUEST)
        site.apply(delete=(KEY, WEB))
        assert site.ours() == set(), number
        return crashed

    assert from_every_point(0, 1, try_at) > 25


@both
@pytest.mark.parametrize("content", ["one", "three"])
def test_other_content_than_that_which_was_cut_off_leaves_none_of_it(site, after, content):
    def try_at(number):
        site.apply(snippet("one"), GUEST)
        crashed = crash(site, number, after, snippet("two"), GUEST)
        ends(site, number, snippet(content), GUEST)
        return crashed

    assert from_every_point(int(after), 2, try_at) > 25


@both
def test_a_snippet_is_removed_wherever_it_was_cut_off(site, after):
    def try_at(number):
        crashed = crash(site, number, after, snippet("one"))
        site.apply(delete=(KEY,))
        assert site.ours() == set(), number
        assert site.rows() == [], number
        site.apply(snippet("one"))
        crashed = crash(site, number, after, snippet("two")) or crashed
        site.apply(delete=(KEY,))
        assert site.ours() == set(), number
        assert site.rows() == [], number
        return crashed

    assert from_every_point(0, 1, try_at) > 10
