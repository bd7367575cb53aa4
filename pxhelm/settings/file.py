"""config.yaml (edge): read whole and checked before anything of it is used, edited with the user's comments kept.

Never holds a secret, only where one is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from pxhelm.errors import ExitCode, PxhelmError, Where, field_name, system_says
from pxhelm.files import write_file
from pxhelm.settings.context import Context, SecretSource, Ssh, normalize_endpoint
from pxhelm.settings.limits import DEFAULT_LIMITS, LIMIT_NAMES, Limits, read_limits
from pxhelm.settings.model import Settings

_POLICIES: Final = ("Ignore", "Report", "Correct")
_TLS: Final = ("caFile", "fingerprint", "insecure", "serverName")
_KEPT: Final = (
    "vmidRange",
    "tagGuests",
    "labelTags",
    "driftPolicy",
    "allowCommands",
    "allowValueFrom",
    "ssh",
    "sharedPaths",
)
_SSH: Final = ("host", "options")
"""What only an editor writes: a context that is added again keeps it."""
_KEYS: Final = ("name", "endpoints", "tokenID", "token", "user", "password", "tls", "namespace", *_KEPT)

_LABEL: Final = re.compile(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """What the file says."""

    contexts: Mapping[str, Context] = field(default_factory=dict)
    current: str = ""
    limits: Limits = DEFAULT_LIMITS


def read_file(path: Path, *, required: bool) -> Contents:
    """Read the configuration; one that is not there says nothing, unless it is required.

    Raises:
        PxhelmError: naming file, line and field of what cannot be used.
    """
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        if required:
            raise PxhelmError(f"cannot read {path}: no such file") from None
        return Contents()
    except OSError as error:
        raise PxhelmError(f"cannot read {path}: {system_says(error)}") from None
    except UnicodeDecodeError:
        raise PxhelmError(f"cannot read {path}: it is no text in UTF-8", code=ExitCode.USAGE) from None
    return _Reader(path, text).contents()


class _Reader:
    """One reading of one text."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text

    def contents(self) -> Contents:
        data = self._table(self._parsed(), (), "contexts")
        contexts: dict[str, Context] = {}
        for number, entry in enumerate(self._list(data.get("contexts"), ("contexts",), "contexts")):
            context = self._context(self._table(entry, ("contexts", number), "a name"), ("contexts", number))
            contexts[context.name] = context
        limits = self._table(data.get("limits"), ("limits",), ", ".join(LIMIT_NAMES))
        return Contents(
            contexts, self._word(data, (), "currentContext"), read_limits(limits, DEFAULT_LIMITS, str(self._path))
        )

    def _parsed(self) -> object:
        import yaml

        try:
            return yaml.load(self._text, yaml.CSafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 0
            raise self._error(str(error.problem), self._where(line)) from None
        except yaml.YAMLError as error:
            raise self._error(str(error).partition("\n")[0], Where(str(self._path))) from None

    def _context(self, entry: Mapping[str, Any], place: Place) -> Context:
        self._known(entry, _KEYS, place)
        tls = self._table(entry.get("tls"), (*place, "tls"), ", ".join(_TLS))
        self._known(tls, _TLS, (*place, "tls"))
        if not self._word(entry, place, "name"):
            self._refuse(place, "a mapping with a name")
        return Context(
            name=self._word(entry, place, "name"),
            endpoints=self._endpoints(entry.get("endpoints"), (*place, "endpoints")),
            token_id=self._word(entry, place, "tokenID"),
            token=self._source(entry.get("token"), (*place, "token")),
            user=self._word(entry, place, "user"),
            password=self._source(entry.get("password"), (*place, "password")),
            ca_file=self._word(tls, (*place, "tls"), "caFile"),
            fingerprint=self._word(tls, (*place, "tls"), "fingerprint"),
            insecure=self._yes(tls, (*place, "tls"), "insecure"),
            server_name=self._word(tls, (*place, "tls"), "serverName"),
            namespace=self._word(entry, place, "namespace"),
            vmid_range=self._range(entry.get("vmidRange"), (*place, "vmidRange")),
            tag_guests=self._yes(entry, place, "tagGuests"),
            label_tags=self._labels(entry.get("labelTags"), (*place, "labelTags")),
            drift_policy=self._policy(entry, (*place, "driftPolicy")),
            allow_commands=self._yes(entry, place, "allowCommands"),
            allow_value_from=self._charts(entry.get("allowValueFrom"), (*place, "allowValueFrom")),
            ssh=self._ssh(entry.get("ssh"), (*place, "ssh")),
            shared_paths=self._paths(entry.get("sharedPaths"), (*place, "sharedPaths")),
        )

    def _endpoints(self, value: object, place: Place) -> tuple[str, ...]:
        found = self._list(value, place, "addresses such as https://pve1:8006")
        for number, one in enumerate(found):
            if not isinstance(one, str):
                self._refuse((*place, number), "an address such as https://pve1:8006")
        return tuple(map(normalize_endpoint, found))

    def _labels(self, value: object, place: Place) -> tuple[str, ...]:
        found = self._list(value, place, "keys of labels such as app, tier")
        if not all(isinstance(one, str) and _LABEL.fullmatch(one) for one in found):
            self._refuse(place, "keys of labels such as app, tier")
        keys = tuple(map(str, found))
        if len({key.replace("/", "-").lower() for key in keys}) != len(keys):
            self._refuse(place, "keys of labels that differ in more than capitals and slashes: each is a tag")
        return keys

    def _policy(self, entry: Mapping[str, Any], place: Place) -> str:
        found = self._word(entry, place[:-1], "driftPolicy")
        if found and found not in _POLICIES:
            self._refuse(place, ", ".join(_POLICIES))
        return found

    def _charts(self, value: object, place: Place) -> tuple[str, ...]:
        found = self._list(
            value, place, "repositories of charts such as acme, https://charts.example.org, oci://host/path"
        )
        if not all(isinstance(one, str) and one for one in found):
            self._refuse(place, "repositories of charts such as acme, https://charts.example.org, oci://host/path")
        return tuple(map(str, found))

    def _source(self, value: object, place: Place) -> SecretSource:
        if value is None:
            return SecretSource()
        if not isinstance(value, dict) or len(value) != 1 or set(value) - {"env", "file", "command"}:
            self._refuse(
                place, "one of {env: NAME}, {file: PATH}, {command: [PROGRAM, …]}; never the secret itself", secret=True
            )
        if "command" in value:
            command = value["command"]
            return SecretSource(command=tuple(str(c) for c in (command if isinstance(command, list) else [command])))
        return SecretSource(env=self._word(value, place, "env"), file=self._word(value, place, "file"))

    def _ssh(self, value: object, place: Place) -> Ssh:
        table = self._table(value, place, ", ".join(_SSH))
        self._known(table, _SSH, place)
        options = self._list(table.get("options"), (*place, "options"), "options of sftp")
        return Ssh(self._word(table, place, "host"), tuple(map(str, options)))

    def _paths(self, value: object, place: Place) -> dict[str, str]:
        table = self._table(value, place, "storages and folders")
        return {name: self._word(table, place, name) for name in table}

    def _range(self, value: object, place: Place) -> tuple[int, int]:
        if value is None:
            return Context("").vmid_range
        low, _, high = str(value).partition("-")
        if not (low.isdigit() and high.isdigit() and 100 <= int(low) <= int(high)):
            self._refuse(place, "a range such as 10000-99999")
        return int(low), int(high)

    def _table(self, value: object, place: Place, of: str) -> dict[str, Any]:
        if value is not None and not isinstance(value, dict):
            self._refuse(place, f"a mapping of {of}")
        return value or {}

    def _list(self, value: object, place: Place, of: str) -> list[Any]:
        if value is not None and not isinstance(value, list):
            self._refuse(place, f"a list of {of}")
        return value or []

    def _word(self, table: Mapping[str, Any], place: Place, name: str) -> str:
        value = table.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
            self._refuse((*place, name), "a text")
        return "" if value is None else str(value)

    def _yes(self, table: Mapping[str, Any], place: Place, name: str) -> bool:
        value = table.get(name, False)
        if not isinstance(value, bool):
            self._refuse((*place, name), "true or false")
        return value

    def _known(self, table: Mapping[str, Any], names: tuple[str, ...], place: Place) -> None:
        for name in table:
            if name not in names:
                self._refuse((*place, str(name)), f"one of {', '.join(names)}")

    def _refuse(self, place: Place, accepted: str, *, secret: bool = False) -> NoReturn:
        """Fail at a place of the document; the line of a ``secret`` is not shown."""
        line, column = self._position(place)
        where = self._where(0 if secret else line, column, field_name(place))
        raise self._error(": ".join(filter(None, (field_name(place), f"expected {accepted}"))), where)

    def _error(self, message: str, where: Where) -> PxhelmError:
        return PxhelmError(f"cannot read {self._path}: {message}", code=ExitCode.USAGE, where=where)

    def _where(self, line: int, column: int = 0, name: str = "") -> Where:
        lines = self._text.splitlines()
        return Where(str(self._path), line, column, lines[line - 1] if 0 < line <= len(lines) else "", name)

    def _position(self, place: Place) -> tuple[int, int]:
        from pxhelm.golang import yaml

        try:
            documents = yaml.load_with_positions(self._text)
        except yaml.YamlError:
            return 0, 0
        return documents[0].positions.get(place, (0, 0)) if documents else (0, 0)


def save_context(settings: Settings, context: Context, *, make_current: bool) -> None:
    """Add or replace a context in the configuration file, keeping the user's comments; the file is 0600."""
    entry = _entry(context)

    def change(data: dict[str, Any]) -> None:
        entries = data.setdefault("contexts", [])
        there = next((one for one in entries if one.get("name") == context.name), None)
        if there is None:
            entries.append(entry)
        else:
            for name in [name for name in there if name not in entry and name not in _KEPT]:
                del there[name]
            there.update(entry)
        if make_current:
            data["currentContext"] = context.name

    _edit(settings.config_file, change)


def _entry(context: Context) -> dict[str, Any]:
    tls = dict(zip(_TLS, (context.ca_file, context.fingerprint, context.insecure, context.server_name), strict=True))
    found = {
        "name": context.name,
        "endpoints": list(context.endpoints),
        "tokenID": context.token_id,
        "token": _source_entry(context.token) if context.token_id else None,
        "user": context.user,
        "password": _source_entry(context.password) if context.user else None,
        "tls": {name: value for name, value in tls.items() if value},
        "namespace": context.namespace,
    }
    return {name: value for name, value in found.items() if value or name == "endpoints"}


def use_context(settings: Settings, name: str) -> None:
    """Make a known context the current one."""
    settings.context(name)
    _edit(settings.config_file, lambda data: data.__setitem__("currentContext", name))


def remove_context(settings: Settings, name: str) -> None:
    """Remove a context; PxhelmError when it is not there."""
    if name not in settings.contexts:
        raise PxhelmError(f"cannot remove context {name}: it is not in {settings.config_file}")

    def change(data: dict[str, Any]) -> None:
        data["contexts"][:] = [one for one in data["contexts"] if one.get("name") != name]
        if data.get("currentContext") == name:
            data["currentContext"] = ""

    _edit(settings.config_file, change)


def _source_entry(source: SecretSource) -> dict[str, object]:
    if source.command:
        return {"command": list(source.command)}
    return {"env": source.env} if source.env else {"file": source.file}


def _edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    from io import StringIO

    from ruamel.yaml import YAML

    editor = YAML()
    editor.width = 4096  # a fingerprint stays on its line
    data = editor.load(path.read_text(encoding="utf-8")) if path.exists() else None
    if data is None:
        data = {"apiVersion": "proxmox.io/v1", "kind": "Config"}
    change(data)
    text = StringIO()
    editor.dump(data, text)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_file(path, text.getvalue().encode(), mode=0o600)
