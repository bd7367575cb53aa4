"""Credentials for OCI registries, in the files and programs that Docker and Helm use (edge).

What is learned by ``registry login`` is kept in our own file; Docker's configuration is read and never written.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

from pxhelm.errors import PxhelmError
from pxhelm.files import write_file
from pxhelm.repo.access import Credential

_DOCKER_HUB: Final = "https://index.docker.io/v1/"
_HELPER_SECONDS: Final = 30


class Credentials:
    """Credentials by host; ``own`` is the file that we write, ``others`` are read after it."""

    def __init__(self, own: str, others: tuple[str, ...] = ()) -> None:
        self._own = Path(own)
        self._others = tuple(Path(one) for one in others)

    def get(self, host: str) -> Credential | None:
        """Return what is known for a host; PxhelmError for a file that cannot be read."""
        key = _key(host)
        for path in (self._own, *self._others):
            found = _look_up(_read(path), key)
            if found is not None:
                return found
        return None

    def put(self, host: str, username: str, password: str) -> None:
        """Keep name and password of a host."""
        data = _read(self._own)
        pair = base64.b64encode(f"{username}:{password}".encode()).decode()
        entry = {"auth": pair} if username or password else {}
        self._write({**data, "auths": {**_table(data, "auths"), _key(host): entry}})

    def remove(self, host: str) -> None:
        """Forget a host."""
        data = _read(self._own)
        known = _table(data, "auths")
        if known.pop(_key(host), None) is not None:
            self._write({**data, "auths": known})

    def _write(self, data: dict[str, Any]) -> None:
        write_file(self._own, json.dumps(data, indent="\t", sort_keys=True).encode(), mode=0o600)


def _key(host: str) -> str:
    return _DOCKER_HUB if host in ("docker.io", "registry-1.docker.io", "index.docker.io") else host


def _read(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
        found = json.loads(data) if data.strip() else {}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as e:
        raise PxhelmError(f"cannot read {path}: {e}") from None
    return found if isinstance(found, dict) else {}


def _table(data: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a copy of a table of the file; an empty one for whatever else stands there."""
    found = data.get(name)
    return dict(found) if isinstance(found, dict) else {}


def _look_up(data: dict[str, Any], key: str) -> Credential | None:
    helper = _table(data, "credHelpers").get(key)
    if helper:
        return _ask(str(helper), key)
    auths = _table(data, "auths")
    entry = auths.get(key) or next((auths[name] for name in auths if _host_of(name) == _host_of(key)), None)
    if isinstance(entry, dict) and entry:
        return _decode(entry)
    return _ask(str(data["credsStore"]), key) if data.get("credsStore") else None


def _host_of(name: str) -> str:
    """Return the host of an entry; older files name URLs."""
    return name.partition("://")[2].partition("/")[0] if "://" in name else name.partition("/")[0]


def _decode(entry: dict[str, Any]) -> Credential | None:
    name, word = str(entry.get("username") or ""), str(entry.get("password") or "")
    if entry.get("auth"):
        try:
            name, _, word = base64.b64decode(entry["auth"]).decode("utf-8", "replace").partition(":")
        except (TypeError, ValueError):
            raise PxhelmError("cannot read the credentials of a registry: auth is no base64") from None
    identity = str(entry.get("identitytoken") or "")
    return Credential(name, word, identity) if name or identity else None


def _ask(helper: str, key: str) -> Credential | None:
    """Ask ``docker-credential-HELPER``; nothing when it is not there or knows nothing."""
    if os.sep in helper:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - the user's own configuration names the program
            [f"docker-credential-{helper}", "get"],
            input=key.encode(),
            capture_output=True,
            check=False,
            timeout=_HELPER_SECONDS,
        )
        found = json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    if not isinstance(found, dict):
        return None
    name, word = str(found.get("Username") or ""), str(found.get("Secret") or "")
    if not word:
        return None
    return Credential(identity=word) if name == "<token>" else Credential(name, word)
