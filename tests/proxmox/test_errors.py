"""Every error that the real Proxmox VE was recorded with has a class."""

import re

import pytest

from pxhelm.proxmox.errors import ApiError, ErrorClass, Failure, classify

C = ErrorClass

# The text as recorded from PVE 9.2.11, the class it must get (engine.md D10), and what it names.
EXPECTED = [
    (500, "VM is locked (backup)", C.BUSY, "backup"),
    (500, "CT is locked (backup)", C.BUSY, "backup"),
    (500, "VM is locked (snapshot-delete)", C.BUSY, "snapshot-delete"),
    (0, "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout", C.BUSY, "/var/lock/qemu-server/lock-100.conf"),
    # the same prefix as a lock that is merely held, but no waiting helps until nodes come back
    (500, "cfs-lock 'file-datacenter_cfg' error: no quorum!", C.QUORUM, ""),
    (500, "create pool failed: cfs-lock 'file-user_cfg' error: no quorum!", C.QUORUM, ""),
    (500, "cluster not ready - no quorum?", C.QUORUM, ""),
    # pmxcfs is read-only without quorum, which shows as a denied file; it is no missing privilege
    (500, "unable to open file '/etc/pve/nodes/pve1/qemu-server/100.conf.tmp.41' - Permission denied", C.QUORUM, ""),
    (500, "checksum mismatch (file change by other user?)", C.CAS, ""),
    (500, "update storage failed: detected modified configuration - file changed by other user? Try again.", C.CAS, ""),
    # a download's checksum is wrong for good; no compare-and-swap
    (0, "checksum mismatch: got '2d71' != expect '00'", C.INVALID, ""),
    (500, "unable to create VM 100 - VM 100 already exists on node 'pve1'", C.TAKEN, "VM 100"),
    (500, "unable to create VM 200 - CT 200 already exists on node 'pve1'", C.TAKEN, "CT 200"),
    (500, "unable to create VM 100: config file already exists", C.TAKEN, "VM 100"),
    (500, "CT 200 already exists on node 'pve1'", C.TAKEN, "CT 200"),
    (500, "create storage failed: storage ID 'local' already defined", C.TAKEN, "storage ID local"),
    (500, "create pool failed: pool 'dev' already exists", C.TAKEN, "pool dev"),
    (0, "snapshot name 's1' already used", C.TAKEN, "snapshot name s1"),
    (500, "Configuration file 'nodes/pve1/qemu-server/100.conf' does not exist", C.GONE, "qemu-server/100"),
    (500, "unable to find configuration file for VM 400 on node 'pve1'", C.GONE, "VM 400"),
    (500, "storage 'nostore' does not exist", C.GONE, "storage nostore"),
    (500, "dir mapping 'nomap' not found", C.GONE, "dir mapping nomap"),
    (500, "delete pool failed: pool 'dev' does not exist", C.GONE, "pool dev"),
    # refused with 403 although no right is missing: with the pool it would be allowed
    (403, "Permission check failed (pool 'nopool' does not exist)", C.GONE, "pool nopool"),
    (500, "no such resource 'vm:100'", C.GONE, "resource vm:100"),
    (500, "hostname lookup 'nope' failed - failed to get address info for: nope: Name or service not known", C.GONE, "node nope"),
    (500, "update user failed: no such user ('ghost@pve')", C.GONE, "user ghost@pve"),
    (500, "no such cluster node 'nope'", C.GONE, "cluster node nope"),
    # the device is missing in the same request, not in the cluster
    (500, "invalid bootorder: device 'net0' does not exist'", C.INVALID, ""),
    (0, "unable to create VM 102 - volume 'shared1:100/vm-100-disk-1.raw' does not exist", C.GONE, "volume shared1:100/vm-100-disk-1.raw"),
    (403, "Permission check failed (/vms/100, VM.Audit)", C.DENIED, "/vms/100, VM.Audit"),
    (403, "Permission check failed", C.DENIED, ""),
    (401, "No ticket", C.DENIED, ""),
    (401, "", C.DENIED, ""),
    (500, "only root can set 'args' config", C.DENIED, ""),
    (500, "Only root can pass arbitrary filesystem paths. at /usr/share/perl5/PVE/Storage.pm line 7.", C.DENIED, ""),
    # in a task only the text tells
    (0, "unable to create VM 160 - 403 Permission check failed (/vms/160, VM.Config.Options)", C.DENIED, "/vms/160, VM.Config.Options"),
    (500, "VM 100 not running", C.STOPPED, ""),
    (500, "CT 777 not running", C.STOPPED, ""),
    (500, "QEMU guest agent is not running", C.GUEST, ""),
    (0, "VM quit/powerdown failed - got timeout", C.GUEST, ""),
    (0, "VM 100 already running", C.RUNNING, ""),
    (500, "VM 100 is running - destroy failed", C.RUNNING, ""),
    (500, "unable to destroy CT 200 - container is running", C.RUNNING, ""),
    (500, "can't remove VM 100 - protection mode enabled", C.PROTECTED, ""),
    (500, "delete pool failed: pool 'dev' is not empty (contains VM 200)", C.IN_USE, "pool dev"),
    (0, "base volume 'vmdata:100/base-100-disk-0.qcow2' is still in use by linked cloned", C.IN_USE, ""),
    (500, "unable to remove VM 100 - used in HA resources and purge parameter not set.", C.IN_USE, ""),
    (500, "storage 'vmdata' is not available on node 'pve2'", C.RESOURCE, "storage vmdata"),
    (0, "unable to create VM 101 - storage 'vmdata' is disabled", C.RESOURCE, "storage vmdata"),
    (500, "no options specified", C.INVALID, ""),
    (500, "unable to shrink disk size", C.INVALID, ""),
    (0, "shrinking disks is not supported", C.INVALID, ""),
    (500, "400 Parameter verification failed.\nvmid: property is missing\n", C.INVALID, ""),
    (500, "Not a HASH reference at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 978.", C.SERVER, ""),
    (501, "Method 'GET /nosuchpath' not implemented", C.INVALID, ""),
    (595, "No route to host", C.TRANSIENT, ""),
    (596, "Broken pipe", C.TRANSIENT, ""),
    (502, "", C.TRANSIENT, ""),
    (0, "received interrupt", C.INTERRUPTED, ""),
    (0, "unexpected status", C.LOST, ""),
    (0, "job errors", C.FAILED, ""),
    (418, "", C.FAILED, ""),
]  # fmt: skip

# Texts that say nothing: the log of the task says more, and what helps cannot be known.
SPEECHLESS = {"job errors", "migration aborted"}


@pytest.mark.parametrize(("status", "text", "cls", "what"), EXPECTED, ids=[e[1][:50] or str(e[0]) for e in EXPECTED])
def test_an_error_means_what_it_says(status, text, cls, what):
    verdict = classify(status, text)
    assert (verdict.cls, verdict.what) == (cls, what)


BY_PARAMETER = [
    ({"vmid": "VM 100 already exists"}, C.TAKEN),  # GET /cluster/nextid
    ({"upid": "no such task"}, C.GONE),
    ({"skiplock": "Only root may use this option."}, C.DENIED),
    ({"net0": "hotplug problem - interface vmbr99 does not exist\n"}, C.GUEST),
    ({"cores": "value must have a minimum value of 1"}, C.INVALID),
    ({"iface": "interface does not exist"}, C.GONE),
    ({"upid": "unable to parse worker upid"}, C.INVALID),
    ({"cores": "type check ('integer') failed - got 'x'", "vmid": "VM 100 already exists"}, C.INVALID),
]


@pytest.mark.parametrize(("errors", "cls"), BY_PARAMETER)
def test_errors_by_parameter_have_a_class(errors, cls):
    assert classify(400, "Parameter verification failed.\n", errors).cls is cls


def recorded(stories):
    def walk(steps):
        for step in steps:
            yield from walk(step.get("parallel", ()))
            expect = step.get("expect") or {}
            reply = expect.get("reply") if isinstance(expect.get("reply"), dict) else {}
            if expect.get("status", 0) >= 400:
                text = (reply.get("message") or expect["reason"]).replace("<int>", "7")
                yield expect["status"], text, reply.get("errors") or {}
            ended = (step.get("task") or {}).get("exitstatus")
            if ended and ended != "OK" and not ended.startswith("WARNINGS"):
                yield 0, ended.replace("<int>", "7"), {}

    for story in stories:
        yield from walk(story["steps"])


def test_every_recorded_error_has_a_class(stories):
    found = {(status, text): classify(status, text, errors) for status, text, errors in recorded(stories)}
    assert len(found) > 300
    assert {text for (_, text), verdict in found.items() if verdict.cls is C.FAILED} <= SPEECHLESS


def test_a_recorded_status_that_says_everything_is_not_overruled(stories):
    for status, text, errors in recorded(stories):
        cls = classify(status, text, errors).cls
        if status == 401:
            assert cls is C.DENIED
        elif status == 403:
            assert cls in (C.DENIED, C.GONE), text
        elif status == 595:
            assert cls is C.TRANSIENT
        elif status in (501, 506):
            assert cls is C.INVALID, text
        elif status == 400:
            assert cls in (C.INVALID, C.TAKEN, C.GONE, C.DENIED, C.GUEST), (text, errors)


@pytest.mark.parametrize(
    ("pattern", "cls"),
    [
        (r"already (exists|defined)", {C.TAKEN}),
        (r"^(VM|CT) is locked", {C.BUSY}),
        (r"no quorum", {C.QUORUM}),
        (r"file change", {C.CAS}),
        (r"not running", {C.STOPPED, C.GUEST}),
        (r"Configuration file .* does not exist", {C.GONE}),
        (r"protection mode", {C.PROTECTED}),
    ],
)
def test_recorded_texts_of_one_form_have_one_class(stories, pattern, cls):
    matching = [(s, t, e) for s, t, e in recorded(stories) if re.search(pattern, t)]
    assert matching
    assert {classify(*each).cls for each in matching} <= cls


def test_the_sentence_names_the_call_and_every_bad_parameter():
    failure = Failure(
        "PUT", "/nodes/pve1/qemu/100/config", 400, "Parameter verification failed.\n", {"tag": "bad\n", "a": "b"}
    )
    assert ApiError(failure).message == (
        "cannot PUT /nodes/pve1/qemu/100/config: parameter verification failed: a: b; tag: bad"
    )
    assert ApiError(Failure("GET", "/x", 500, "no way\n")).message == "cannot GET /x: no way"
    assert ApiError(Failure("GET", "/x", 502)).message == "cannot GET /x: the server answered with status 502"


def test_hints_say_what_is_missing():
    denied = ApiError(Failure("GET", "/x", 403, "Permission check failed (/vms/100, VM.Config.Disk|VM.Config.CPU)\n"))
    assert denied.hint == "the user or token needs VM.Config.Disk or VM.Config.CPU on /vms/100"
    assert "token" in ApiError(Failure("GET", "/x", 401, "No ticket")).hint
    assert "backup" in ApiError(Failure("PUT", "/x", 500, "VM is locked (backup)")).hint


def test_only_failures_that_pass_by_themselves_are_worth_waiting_for():
    assert {c for c in C if c.passes} == {C.BUSY, C.TRANSIENT, C.QUORUM, C.RESOURCE, C.GUEST, C.LOST}
