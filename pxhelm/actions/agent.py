"""Commands and files in a virtual machine, through the QEMU guest agent.

Proxmox limits what one call carries: 64 KiB of standard input, 60 KiB of base64 written, 16 MiB read. Never opens a file
of this machine.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence

from pxhelm.actions.inspect import Found
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.proxmox import agent
from pxhelm.proxmox.agent import Machine, Ran, StillRunningError, as_bytes
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import ApiGen, Param

STDIN_LIMIT = 65536
"""Characters of ``input-data`` (API schema, agent/exec)."""
_WRITE_LIMIT = 61440 // 4 * 3
"""Bytes that one file-write takes: 61,440 characters of base64 (API schema)."""
_APPEND_LIMIT = STDIN_LIMIT // 4 * 3
_READ_CHUNK = 4 << 20
"""Bytes asked for at once; the API allows 16 MiB."""


def check_machine(guest: Found, what: str) -> None:
    """Refuse containers, with what Proxmox offers for them; PxhelmError when the machine does not run."""
    node = str(guest.row.get("node") or "")
    if guest.kind == "Container":
        raise PxhelmError(
            f"cannot {what} container {guest.name}: Proxmox' API runs no commands in containers",
            code=ExitCode.REFUSED,
            hint=f"on node {node}: pct exec {guest.vmid} -- COMMAND, pct push {guest.vmid} FILE PATH, pct pull",
        )
    if guest.row.get("status") != "running":
        raise PxhelmError(f"cannot {what} {guest.name}: it does not run", hint=f"pxhelm vm start {guest.name}")


def execute(guest: Found, command: Sequence[str], stdin: str = "", *, limit: float = 0.0) -> ApiGen[Ran]:
    """Run a command and wait for its end, ``limit`` seconds at most (0 = without end)."""
    if len(stdin) > STDIN_LIMIT:
        raise PxhelmError(
            f"cannot hand over {len(stdin)} characters of standard input: the API takes {STDIN_LIMIT}",
            code=ExitCode.USAGE,
            hint="copy a file with `pxhelm cp`, and let the command read it",
        )
    try:
        return (yield from agent.execute(_place(guest), command, stdin, limit))
    except ApiError as error:
        raise _explained(error, guest) from None
    except StillRunningError as error:
        error.hint = "give more time with --timeout; 0s waits without end"
        raise


def read_file(guest: Found, path: str, keep: Callable[[bytes], object]) -> ApiGen[int]:
    """Hand the content of a file over piece by piece, and return its size.

    Servers before 9 know no offset: from them comes what one call carries, and PxhelmError when that was not all.
    """
    offset = 0
    while True:
        params: dict[str, Param] = {"file": path, "offset": offset, "count": _READ_CHUNK, "decode": False}
        try:
            found = yield from _ask(guest, "GET", "file-read", params)
            encoded = True
        except ApiError as error:
            if offset or not {"offset", "count", "decode"} & set(error.errors):
                raise
            found = yield from _ask(guest, "GET", "file-read", {"file": path})
            encoded = False
        answer = found if isinstance(found, Mapping) else {}
        text = str(answer.get("content") or "")
        data = base64.b64decode(text) if encoded else as_bytes(text)
        keep(data)
        offset += len(data)
        if not answer.get("truncated") or not data:
            return offset
        if not encoded:
            raise PxhelmError(f"cannot read all of {path}: this Proxmox hands over {offset} bytes at most")


def write_file(guest: Found, path: str, data: bytes) -> ApiGen[None]:
    """Write a file; what is longer than one call carries is appended by a shell in the guest."""
    first = base64.b64encode(data[:_WRITE_LIMIT]).decode()
    yield from _ask(guest, "POST", "file-write", {"file": path, "content": first, "encode": False})
    for piece in _pieces(data[_WRITE_LIMIT:]):
        ran = yield from execute(guest, ("/bin/sh", "-c", 'base64 -d >> "$1"', "sh", path), piece)
        if ran.code:
            said = ran.err.decode("utf-8", "replace").strip()
            raise PxhelmError(
                f"cannot write all of {path}: the shell in {guest.name} ended with {ran.code}: {said}",
                hint="what is longer than 45 KiB needs /bin/sh and base64 in the guest",
            )


def _pieces(data: bytes) -> Iterator[str]:
    for at in range(0, len(data), _APPEND_LIMIT):
        yield base64.b64encode(data[at : at + _APPEND_LIMIT]).decode()


def _place(guest: Found) -> Machine:
    return Machine(str(guest.row["node"]), guest.vmid)


def _ask(guest: Found, method: str, verb: str, params: Mapping[str, Param]) -> ApiGen[object]:
    try:
        return (yield from agent.ask(_place(guest), method, verb, params))
    except ApiError as error:
        raise _explained(error, guest) from None


def _explained(error: ApiError, guest: Found) -> ApiError:
    if "agent configured" in error.message:
        error.hint = (
            f"let {guest.name} have an agent: spec.agent: true, qemu-guest-agent installed in it, and a restart"
        )
    elif "agent is not running" in error.message:
        error.hint = f"nothing answers in {guest.name}: is qemu-guest-agent installed and running there?"
    return error
