"""get --watch: what is printed when something changes, appears or goes."""

from types import SimpleNamespace

import pytest

from pxhelm.cli.listing import listing_of
from pxhelm.cli.watching import watch
from tests.actions.conftest import Lab

OPTIONS = {
    "selector": "",
    "field_selector": "",
    "all_namespaces": False,
    "output": "",
    "template": "",
    "no_headers": False,
    "sort_by": "",
    "show_labels": False,
    "label_columns": (),
    "show_kind": False,
    "ignore_not_found": False,
    "watch": True,
    "watch_only": False,
    "output_watch_events": False,
    "watch_timeout": "3s",
    "cached": False,
    "at": "",
}


@pytest.fixture
def watched(tmp_path, capsys):
    """Watch while things happen, one between two looks; the printed lines."""
    lab = Lab(tmp_path)

    def run(words, *happenings, **options):
        left = list(happenings)
        clock = [0.0]

        def sleep(seconds):
            clock[0] += seconds
            left.pop(0)(lab)

        services = SimpleNamespace(**vars(lab.services))
        services.sleep, services.elapsed = sleep, lambda: clock[0]
        asked = {**OPTIONS, "watch_timeout": f"{len(happenings)}.5s", **options}
        watch(services, listing_of(words, asked), 1.0)
        return capsys.readouterr().out.splitlines()

    yield run
    lab.close()


def start(lab):
    lab.api("POST", "/nodes/pve-node1/qemu/100/status/start")


def rename(lab):
    lab.api("PUT", "/nodes/pve-node1/qemu/100/config", name="other")


def nothing(_lab):
    """Let time pass."""


def test_the_list_comes_first_and_then_what_changed(watched):
    lines = watched(("vm", "vmid:100"), nothing, start, nothing)
    assert [line.split()[0] for line in lines] == ["NAME", "foreign-vm-100", "foreign-vm-100"]
    assert "stopped" in lines[1]
    assert "running" in lines[2]


def test_rows_stand_below_those_before(watched):
    lines = watched(("vms",), start)
    header = lines[0].index("VMID")
    assert {line[header : header + 3] for line in lines[1:]} <= {"100", "101", "102", "103", "900"}


def test_watch_only_begins_with_the_first_change(watched):
    assert watched(("vms",), nothing, watch_only=True) == []
    lines = watched(("vms",), start, watch_only=True, no_headers=True)
    assert [line.split()[0] for line in lines] == ["foreign-vm-100"]


def test_what_goes_is_shown_as_it_was(watched):
    lines = watched(("vms",), rename, watch_only=True, output="name")
    assert lines == ["vm/other", "vm/foreign-vm-100"]


def test_programs_get_a_document_for_each_change(watched):
    lines = watched(("vms",), start, watch_only=True, output="jsonpath={.metadata.name}={.status.power},")
    assert lines == ["foreign-vm-100=running,"]


def test_events_say_what_happened(watched):
    lines = watched(("vms",), start, rename, output="name", watch_only=True, output_watch_events=True)
    assert lines == ["MODIFIED vm/foreign-vm-100", "ADDED    vm/other", "DELETED  vm/foreign-vm-100"]
    lines = watched(("vm", "vmid:100"), start, output_watch_events=True)
    assert lines[0].split()[:2] == ["EVENT", "NAME"]
    assert lines[1].split()[0] == "ADDED"
