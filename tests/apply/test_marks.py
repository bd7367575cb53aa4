"""Objects with an id of their own say in their comment whose they are; nobody but pxhelm sees that."""

import pytest

from pxhelm.errors import ExitCode
from pxhelm.resource.identity import Marker, ObjectKey, join_comment, split_comment

GROUP = "apiVersion: proxmox.io/v1\nkind: Group\nmetadata: {name: ops%s}\nspec: {%s}\n"
KINDS = {
    "Group": ("{%s}", "/access/groups/it", "comment"),
    "Pool": ("{%s}", "/pools/it", "comment"),
    "IPSet": ("{%s}", "/cluster/firewall/ipset", "comment"),
    "SecurityGroup": ("{%s}", "/cluster/firewall/groups", "comment"),
    "FirewallAlias": ("{cidr: 10.0.0.1, %s}", "/cluster/firewall/aliases/it", "comment"),
    "USBMapping": ('{map: [{node: pve-node1, id: "10c4:ea60"}], %s}', "/cluster/mapping/usb/it", "description"),
    "Realm": (
        "{type: openid, issuerURL: 'https://id.example.net', clientID: pve, %s}",
        "/access/domains/it",
        "comment",
    ),
}


def manifest(kind, spec):
    return f"apiVersion: proxmox.io/v1\nkind: {kind}\nmetadata: {{name: it}}\nspec: {spec}\n"


def comment_of(lab, path, key):
    found = lab.api("GET", path)
    row = next(r for r in found if "it" in r.values()) if isinstance(found, list) else found
    return row.get(key, "").rstrip("\n")


@pytest.mark.parametrize("kind", KINDS)
def test_the_comment_says_whose_it_is_and_a_plan_does_not(lab, kind):
    spec, path, key = KINDS[kind]
    uid = None
    for comment in ("first", "second", ""):
        text = manifest(kind, spec % (f"comment: {comment}" if comment else ""))
        assert lab.apply(text).exit_code is ExitCode.OK
        shown, marker = split_comment(comment_of(lab, path, key))
        assert shown == comment
        assert marker.installation == "inst0001"
        assert uid in (None, marker.uid)
        uid = marker.uid
        assert lab.plan(text).plan.empty
    mark = lab.mark
    lab.apply(text)
    assert lab.writes(mark) == []
    planned = lab.plan(manifest(kind, spec % "comment: third"))
    (o,) = planned.plan.objects
    assert [(c.before, c.after) for c in o.changes] == [(None, "third")]


def test_what_belongs_to_another_installation_is_not_taken_by_the_way(lab):
    lab.api("POST", "/access/groups", groupid="ops", comment="theirs px:other001/0badcafe")
    for options in ({}, {"adopt": True}):
        (blocked,) = lab.plan(GROUP % ("", ""), **options).plan.blocked
        assert "belongs to another pxhelm (other001)" in blocked.message
    unowned = GROUP % (", annotations: {pxhelm.io/adoption-policy: AdoptIfUnowned}", "")
    assert lab.plan(unowned).plan.blocked
    everything = GROUP % (", annotations: {pxhelm.io/adoption-policy: AdoptAll}", "comment: ours")
    assert lab.apply(everything).exit_code is ExitCode.OK
    assert split_comment(lab.api("GET", "/access/groups/ops")["comment"])[1].installation == "inst0001"


def test_what_is_nobodys_or_was_ours_may_be_adopted(lab):
    lab.api("POST", "/access/groups", groupid="ops", comment="px:inst0001/0badcafe")
    assert lab.plan(GROUP % ("", "")).plan.blocked
    assert (
        lab.apply(GROUP % (", annotations: {pxhelm.io/adoption-policy: AdoptIfUnowned}", "")).exit_code is ExitCode.OK
    )
    assert lab.destroy(ObjectKey("Group", "", "ops")).exit_code is ExitCode.OK


def test_a_mark_is_the_end_of_a_comment_and_no_rule_of_a_firewall():
    marker = Marker("inst", "7d4f1b52-6a3c-4c55-9d0e-0f5a3f2b7a11", 0, "op")
    assert join_comment("two words", marker) == "two words px:inst/7d4f1b52"
    assert join_comment("", marker) == "px:inst/7d4f1b52"
    assert split_comment("two words px:inst/7d4f1b52\n") == ("two words", Marker("inst", "7d4f1b52", 0, ""))
    assert split_comment("px:web") == ("px:web", None)
    assert split_comment("see px:inst/7d4f1b52 there")[1] is None
