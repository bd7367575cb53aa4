"""Labels that the context shows as tags: always as the labels are, beside everybody else's tags (kinds.md 2.10)."""

import pytest

from pxhelm.errors import ExitCode
from pxhelm.plan.model import Action
from pxhelm.resource.label_tags import labels_in, tags_of
from tests.apply.lab import Lab, vm
from tests.apply.test_crash import WEB, crash_at, free_leases, from_every_point
from tests.apply.test_tag import BLANK, CONTAINER, applied, guest, settled, tags

KEYS = ("app", "example.org/Tier")


class Showing(Lab):
    """A lab of which the context says labelTags."""

    keys = KEYS

    def ports(self, worker="one", **changes):
        return super().ports(worker, label_tags=self.keys, **changes)


@pytest.fixture
def lab(tmp_path):
    made = Showing(tmp_path)
    yield made
    made.close()


def labelled(text, labels):
    return text.replace("namespace: production}", f"namespace: production, labels: {{{labels}}}}}")


SHOP = labelled(BLANK % "", "app: Shop, other: x, example.org/Tier: ''")


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        ({"app": "Shop", "other": "x"}, ("app.shop",)),
        ({"app": "a.b_c-d", "example.org/Tier": "web"}, ("app.a.b_c-d", "example.org-tier.web")),
        ({"app": ""}, ("app",)),
        ({}, ()),
    ],
)
def test_a_label_is_a_tag_of_its_key_and_value(labels, shown):
    assert tags_of(KEYS, labels) == shown
    lower = {key: value.lower() for key, value in labels.items() if key in KEYS}
    assert labels_in(KEYS, (*shown, "application.x", "prod")) == lower


def test_of_keys_that_begin_alike_the_longest_is_meant():
    assert labels_in(("app", "app.kubernetes"), ("app.kubernetes.x", "app.y")) == {"app.kubernetes": "x", "app": "y"}


def test_a_tag_that_could_be_no_label_is_none():
    assert labels_in(("app",), ("app.a+b", "app.-", "app.", "app.ok", "app.second")) == {"app": "ok"}


@pytest.mark.parametrize("text", [BLANK % "", CONTAINER], ids=["machine", "container"])
def test_a_new_guest_shows_them_and_is_then_left_alone(lab, text):
    text = labelled(text, "app: Shop, other: x, example.org/Tier: ''")
    applied(lab, text)
    assert tags(lab) == {"app.shop", "example.org-tier"}
    settled(lab, text)


def test_a_clone_shows_them_beside_the_tags_of_its_template(lab):
    lab.api("PUT", "/nodes/pve-node1/qemu/9000/config", tags="golden")
    text = vm(metadata="  labels: {app: shop}")
    applied(lab, text)
    assert tags(lab) == {"app.shop", "golden"}
    settled(lab, text)


def test_what_labels_were_goes_and_what_others_put_there_stays(lab):
    applied(lab, SHOP)
    lab.api("PUT", guest(lab), tags="app.shop;example.org-tier;theirs")
    text = labelled(BLANK % "", "app: front")
    (o,) = lab.plan(text).plan.objects
    assert (o.action, [s.why for s in o.steps]) == (Action.UPDATE, ["labels are shown as tags"])
    applied(lab, text)
    assert tags(lab) == {"app.front", "theirs"}
    settled(lab, text)
    applied(lab, BLANK % "")
    assert tags(lab) == {"theirs"}
    settled(lab, BLANK % "")


def test_one_that_somebody_takes_off_comes_back(lab):
    applied(lab, SHOP)
    lab.api("PUT", guest(lab), tags="example.org-tier")
    applied(lab, SHOP)
    assert tags(lab) == {"app.shop", "example.org-tier"}


def test_a_manifest_that_has_the_same_tag_keeps_it_without_the_label(lab):
    both = labelled(BLANK % ", tags: [app.shop, own]", "app: shop")
    applied(lab, both)
    assert tags(lab) == {"app.shop", "own"}
    settled(lab, both)
    alone = BLANK % ", tags: [app.shop, own]"
    applied(lab, alone)
    assert tags(lab) == {"app.shop", "own"}
    settled(lab, alone)
    applied(lab, labelled(BLANK % ", tags: [own]", "app: shop"))
    assert tags(lab) == {"app.shop", "own"}


def test_without_the_option_they_go_with_the_next_apply(lab):
    applied(lab, SHOP)
    lab.keys = ()
    applied(lab, SHOP)
    assert tags(lab) == set()
    settled(lab, SHOP)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_label_that_changes_leaves_no_tag_behind_from_any_point_of_a_crash(lab, after):
    front = labelled(BLANK % "", "app: front")

    def try_at(number):
        applied(lab, SHOP)
        crashed = crash_at(lab, number, after, lambda ports: lab.apply_with(ports, front))
        free_leases(lab)
        assert lab.apply(front).exit_code is ExitCode.OK, number
        assert tags(lab) == {"app.front"}, number
        settled(lab, front)
        return crashed

    assert from_every_point(0, 1, try_at) > 4


def test_both_kinds_of_tags_stand_together_and_go_together(tmp_path):
    class Both(Showing):
        def ports(self, worker="one", **changes):
            return super().ports(worker, tag="pxhelm", **changes)

    lab = Both(tmp_path)
    text = labelled(BLANK % ", tags: [own]", "app: shop")
    retained = text.replace("labels:", "annotations: {pxhelm.io/deletion-policy: Retain}, labels:")
    applied(lab, retained)
    assert tags(lab) == {"app.shop", "own", "pxhelm"}
    settled(lab, retained)
    assert lab.destroy(WEB).exit_code is ExitCode.OK
    assert tags(lab) == {"own"}
    lab.close()
