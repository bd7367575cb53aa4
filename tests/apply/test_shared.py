"""Kinds that two releases may declare: the same values are shared, others are a conflict, the last one out deletes."""

from pxhelm.errors import ExitCode
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
