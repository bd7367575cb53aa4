"""Kinds that two releases may declare: the same values are shared, others are a conflict, the last one out deletes."""

import pytest

from pxhelm.errors import ExitCode
from pxhelm.kinds import KINDS
from pxhelm.resource.identity import ObjectKey

POOL = "apiVersion: proxmox.io/v1\nkind: Pool\nmetadata: {name: prod}\nspec: {comment: %s}\n"
KEY = ObjectKey("Pool", "", "prod")


def apply(lab, release, text=POOL % "ours"):
    return lab.apply(text, manager=f"helm:{release}", release=release)


def there(lab):
    return [row["poolid"] for row in lab.api("GET", "/pools")]


def test_two_releases_share_and_the_last_one_out_deletes(lab):
    assert apply(lab, "default/a").exit_code is ExitCode.OK
    assert apply(lab, "default/b").exit_code is ExitCode.OK
    assert lab.destroy(KEY, manager="helm:default/a").exit_code is ExitCode.OK
    assert "prod" in there(lab)
    assert lab.plan(POOL % "ours", manager="helm:default/b").plan.empty
    assert lab.destroy(KEY, manager="helm:default/b").exit_code is ExitCode.OK
    assert "prod" not in there(lab)


def test_another_value_is_a_conflict(lab):
    apply(lab, "default/a")
    assert apply(lab, "default/b", POOL % "theirs").exit_code is ExitCode.CONFLICT


def test_the_release_that_stays_may_change_it_afterwards(lab):
    apply(lab, "default/a")
    apply(lab, "default/b")
    lab.destroy(KEY, manager="helm:default/a")
    assert apply(lab, "default/b", POOL % "theirs").exit_code is ExitCode.OK


SHARED = {
    "Pool": "{comment: ours}",
    "SecurityGroup": "{comment: ours, rules: [{name: a, type: in, action: ACCEPT, macro: Ping}]}",
    "IPSet": "{comment: ours, entries: [{cidr: 10.0.0.1}]}",
    "FirewallAlias": "{comment: ours, cidr: 10.0.0.1}",
    "Image": "{storage: local, content: iso, filename: a.iso, source: {url: 'https://x/a.iso'}}",
}


@pytest.mark.parametrize("kind", SHARED)
def test_every_kind_that_is_shared_goes_with_the_last_that_declares_it(lab, kind):
    policy = "annotations: {pxhelm.io/deletion-policy: Delete}"
    text = f"apiVersion: proxmox.io/v1\nkind: {kind}\nmetadata: {{name: it, {policy}}}\nspec: {SHARED[kind]}\n"
    key = ObjectKey(kind, "", "it")

    def planned():
        return lab.plan(text, manager="helm:default/c").plan.objects

    for release in ("default/a", "default/b"):
        assert apply(lab, release, text).failed == ()
    assert lab.destroy(key, manager="helm:default/a").failed == ()
    assert lab.plan(text, manager="helm:default/b").plan.empty
    mark = lab.mark
    assert lab.destroy(key, manager="helm:default/b").failed == ()
    assert [e.method for e in lab.writes(mark)][-1] == "DELETE"
    assert planned()[0].action.value == "create"


def test_the_kinds_that_are_shared_are_those_that_say_so():
    assert {name for name, kind in KINDS.items() if kind.shared} == {*SHARED, "Snippet"}
