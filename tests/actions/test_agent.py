"""Commands and files in a machine: what one call carries is no limit, and bytes stay bytes."""

import base64

import pytest

from pxhelm.actions.agent import STDIN_LIMIT, execute, read_file, write_file
from pxhelm.actions.inspect import Found, find_one
from pxhelm.errors import PxhelmError
from pxhelm.proxmox.agent import as_bytes
from pxhelm.proxmox.errors import ApiError, Failure
from pxhelm.proxmox.request import Response, drive

GUEST = Found("VirtualMachine", "web", row={"vmid": 101, "node": "pve1", "status": "running"})
BINARY = bytes(range(256)) * 700
"""175 KiB: four calls."""


@pytest.fixture
def machine(lab):
    lab.api("PUT", "/nodes/pve-node2/qemu/101/config", agent=1)
    lab.api("POST", "/nodes/pve-node2/qemu/101/status/stop")
    lab.api("POST", "/nodes/pve-node2/qemu/101/status/start")
    return find_one(lab.services, ("VirtualMachine",), "vmid:101")


@pytest.mark.parametrize("size", [0, 1, 46080, 46081, len(BINARY)])
def test_a_file_of_any_size_comes_back_as_it_was_written(lab, machine, size):
    lab.client.run(write_file(machine, "/tmp/it's here", BINARY[:size]))
    pieces = []
    assert lab.client.run(read_file(machine, "/tmp/it's here", pieces.append)) == size
    assert b"".join(pieces) == BINARY[:size]


def test_a_file_that_is_written_again_is_only_the_new_content(lab, machine):
    lab.client.run(write_file(machine, "/tmp/x", BINARY))
    lab.client.run(write_file(machine, "/tmp/x", b"short"))
    assert lab.client.run(execute(machine, ["cat", "/tmp/x"])).out == b"short"


def test_what_a_command_prints_is_bytes(lab, machine):
    ran = lab.client.run(execute(machine, ["cat"], "é€"))
    assert (ran.code, ran.out) == (0, "é€".encode())


@pytest.mark.parametrize(
    ("text", "data"), [("Ã©", "é".encode()), ("plain", b"plain"), ("€", "€".encode()), ("\xff", b"\xff")]
)
def test_characters_of_an_answer_are_the_bytes_that_were_printed(text, data):
    assert as_bytes(text) == data


def answers(*found):
    left = list(found)

    def send(_request):
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Response(answer)

    return send


def test_a_long_file_is_read_piece_by_piece():
    asked = []

    def send(request):
        asked.append(dict(request.params))
        data = b"0123456789"[request.params["offset"] :][:4]
        more = {"truncated": 1} if request.params["offset"] + 4 < 10 else {}
        return Response({"content": base64.b64encode(data).decode(), **more})

    pieces = []
    assert drive(read_file(GUEST, "/f", pieces.append), send, None) == 10
    assert pieces == [b"0123", b"4567", b"89"]
    assert [one["offset"] for one in asked] == [0, 4, 8]


def refused(**errors):
    return ApiError(Failure("GET", "/x", 400, "Parameter verification failed.", errors))


def test_a_server_that_knows_no_offset_is_asked_plainly():
    pieces = []
    send = answers(refused(offset="property is not defined in schema"), {"content": "plain\xe9"})
    assert drive(read_file(GUEST, "/f", pieces.append), send, None) == 6
    assert pieces == [b"plain\xe9"]


def test_such_a_server_says_when_it_was_not_all():
    send = answers(refused(count="not defined"), {"content": "part", "truncated": 1})
    with pytest.raises(PxhelmError, match="cannot read all of /f: this Proxmox hands over 4 bytes at most"):
        drive(read_file(GUEST, "/f", [].append), send, None)


def test_a_command_is_waited_for_and_a_signal_is_its_status():
    send = answers({"pid": 7}, {"exited": 0}, {"exited": 0}, {"exited": 1, "signal": 9, "out-truncated": 1})
    waits = []
    ran = drive(execute(GUEST, ["sleep"]), send, waits.append)
    assert (ran.code, ran.truncated, len(waits)) == (137, True, 2)


def test_patience_ends():
    send = answers({"pid": 7}, *[{"exited": 0}] * 20)
    with pytest.raises(PxhelmError, match="still running after 1 s"):
        drive(execute(GUEST, ["sleep"], limit=1), send, lambda _: None)


def test_standard_input_has_a_limit():
    with pytest.raises(PxhelmError, match="65537 characters"):
        drive(execute(GUEST, ["cat"], "x" * (STDIN_LIMIT + 1)), answers(), None)


def test_a_guest_without_a_shell_keeps_what_was_written_first_and_says_so():
    send = answers(None, {"pid": 1}, {"exited": 1, "exitcode": 127, "err-data": "no such file"})
    with pytest.raises(PxhelmError, match="the shell in web ended with 127: no such file"):
        drive(write_file(GUEST, "/f", BINARY), send, None)
