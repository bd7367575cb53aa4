"""Files for storages that the API does not take: by the system's ``sftp``, or where the storage is mounted here (edge).

No shell is asked on either side: ``sftp`` reads its commands from standard input, its words quoted as it reads them. A file
is put beside its place and then renamed, so that nobody ever reads half of one.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pxhelm.errors import PxhelmError
from pxhelm.files import write_file
from pxhelm.proxmox.errors import ApiError, ErrorClass, Failure
from pxhelm.resource.step import Delivery

_PATIENCE = 120.0
_OPTIONS = ("-b", "-", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10")
_IDLE = ("Connected to", "Connection closed", "remote mkdir", "Couldn't create directory", "Warning: Permanently added")
"""What ``sftp`` says besides the reason."""
_HINTS = {
    "Host key verification failed": "connect once by hand, and compare its key: ssh {host}",
    "Permission denied": "ssh has to get in without asking: ssh-copy-id {host}",
    "Could not resolve hostname": "say in the context how nodes are called: ssh: {{host: root@{{address}}}}",
    "No such file": "ssh gets in, the folder is not there: is the storage mounted on the node?",
}


@dataclass(frozen=True, slots=True)
class Ways:
    """How files get where the API does not put them; from the context."""

    host: str = ""
    """``root@{address}``, ``root@{node}.example.org``; empty: not by SSH."""
    options: tuple[str, ...] = ()
    """Further options of ``sftp``."""
    folders: Mapping[str, str] = field(default_factory=dict)
    """Storage → the folder of this machine where it is mounted."""


NO_WAY = Ways()


def deliver(delivery: Delivery, ways: Ways) -> None:
    """Put the file where it belongs; ApiError with the remedy when it does not get there."""
    if delivery.node:
        _by_sftp(delivery, ways)
    else:
        _to_mount(delivery, ways.folders.get(delivery.storage, ""))


def _to_mount(delivery: Delivery, folder: str) -> None:
    mount = Path(folder).expanduser()
    place = mount / delivery.folder / delivery.file
    if not folder or not mount.is_dir():
        raise _failure(
            "write", str(place), f"{folder or delivery.storage} is no folder here", "is the storage mounted?"
        )
    try:
        write_file(place, delivery.content, mode=_mode(delivery))
    except PxhelmError as error:
        raise _failure("write", str(place), error.message.rpartition(": ")[2]) from None


def _by_sftp(delivery: Delivery, ways: Ways) -> None:
    host = ways.host.format(node=delivery.node, address=delivery.address or delivery.node)
    with tempfile.NamedTemporaryFile(prefix="pxhelm-") as local:
        local.write(delivery.content)
        local.flush()
        command = ("sftp", *_OPTIONS, *ways.options, "--", host)
        try:
            done = subprocess.run(  # noqa: S603 - the operator named the host
                command,
                input=batch(delivery, local.name).encode(),
                capture_output=True,
                timeout=_PATIENCE,
                check=False,
            )
        except FileNotFoundError:
            hint = "install OpenSSH's client, or use delivery: SharedPath"
            raise _failure("sftp", host, "there is no sftp on this machine", hint) from None
        except subprocess.TimeoutExpired:
            raise _failure("sftp", host, f"it did not end within {_PATIENCE:g} s") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace")
        lines = [line for line in said.splitlines() if line.strip() and not line.startswith(_IDLE)]
        hint = next((hint.format(host=host) for words, hint in _HINTS.items() if words in said), "")
        raise _failure("sftp", host, lines[-1].strip() if lines else f"it ended with status {done.returncode}", hint)


def batch(delivery: Delivery, local: str) -> str:
    """Return the commands for ``sftp``: the folder if it is missing, the file beside its place, its mode, its name."""
    folder = delivery.folder.rstrip("/")
    part, whole = f"{folder}/.pxhelm-{delivery.file}", f"{folder}/{delivery.file}"
    return "".join(
        f"{line}\n"
        for line in (
            f"-mkdir {_quoted(folder)}",
            f"put {_quoted(local)} {_quoted(part)}",
            f"chmod {_mode(delivery):o} {_quoted(part)}",
            f"rename {_quoted(part)} {_quoted(whole)}",
        )
    )


def _quoted(word: str) -> str:
    """Return a word as ``sftp`` reads it; in quotes it takes no character for a pattern. A line is a command: no word has two."""
    if any(ord(character) < 32 for character in word):
        raise _failure("sftp", repr(word), "it is no name of a file")
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _mode(delivery: Delivery) -> int:
    """Return the file's mode: a script is there to be run."""
    return 0o755 if delivery.content.startswith(b"#!") else 0o644


def _failure(verb: str, what: str, why: str, hint: str = "") -> ApiError:
    return ApiError(Failure(verb, what, 0, why), cls=ErrorClass.FAILED, hint=hint)
