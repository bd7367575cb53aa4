"""Rights: which roles which users, groups and tokens have on a path. Owns exactly those; the entries of others stay."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import product

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource import natural
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Column, Kind, Mistake
from pxhelm.resource.model import Existence, Leaves, Live, Resource, Target
from pxhelm.resource.normal import Normal, ShorthandError
from pxhelm.resource.references import bare
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.words import worded

_SUBJECTS = {"users": "user", "groups": "group", "tokens": "token"}
"""Parameter → how a row calls that type of subject."""
_PLACES = {
    "VirtualMachine": "/vms/{}", "Container": "/vms/{}", "Pool": "/pool/{}", "Storage": "/storage/{}",
    "SDNZone": "/sdn/zones/{}", "Realm": "/access/realm/{}", "Group": "/access/groups/{}",
    "PCIMapping": "/mapping/pci/{}", "USBMapping": "/mapping/usb/{}", "DirMapping": "/mapping/dir/{}",
    "Node": "/nodes/{}",
}  # fmt: skip
_KINDS = tuple(_PLACES)
Entry = tuple[str, str, str, str]
"""Path, type of subject, subject, role."""


_WORDS = """
path             | acl path
for.kind         kind of what the rights are on
for.name         name of what the rights are on | acl path
roles            roles that are given | acl roles
propagate        the rights go on to what is below the path | acl propagate
subjects.users   users that have the rights | acl users
subjects.groups  groups that have the rights | acl groups
subjects.tokens  tokens that have the rights | acl tokens
"""


def normalize(spec: Mapping[str, object]) -> Normal:
    """Return the spec with its subjects by type, and what it is for as a reference."""
    normal = Normal(spec)
    subjects = normal.get("subjects")
    if isinstance(subjects, (list, tuple)):
        found: dict[str, list[object]] = {}
        for index, item in enumerate(subjects):
            if not isinstance(item, Mapping) or len(item) != 1 or next(iter(item)) not in _SUBJECTS.values():
                raise ShorthandError(
                    ("subjects", index), f"subject {index} is not one of user, group, token", "write {user: NAME@REALM}"
                )
            ((kind, name),) = item.items()
            found.setdefault(f"{kind}s", []).append(name)
        normal["subjects"] = found
    target = normal.get("for")
    if isinstance(target, Mapping) and isinstance(target.get("kind"), str) and isinstance(target.get("name"), str):
        normal["for"] = {"kind": target["kind"], "name": f"{target['kind']}/{target['name']}"}
    if (normal.get("path") is None) == (target is None):
        raise ShorthandError(("path",), "an ACL has either a path or what it is for", "write path: /pool/NAME")
    return normal


def path_of(leaves: Mapping[str, object]) -> str:
    """Return the path of the rights; PxhelmError for what has none yet."""
    if "path" in leaves:
        return str(leaves["path"]) or "/"
    kind, name = str(leaves.get("for.kind", "")), str(leaves.get("for.name", ""))
    if kind in ("VirtualMachine", "Container") and not name.startswith("vmid:"):
        raise PxhelmError(f"cannot give rights on {name}: no guest has that name", hint="write path: /vms/NUMBER")
    return _PLACES[kind].format(bare(name).removeprefix("vmid:"))


def _entries(leaves: Leaves) -> set[Entry]:
    roles = leaves.get("roles")
    found: set[Entry] = set()
    for parameter, kind in _SUBJECTS.items():
        names = leaves.get(f"subjects.{parameter}")
        if isinstance(names, tuple) and isinstance(roles, tuple):
            pairs = product(names, roles)
            found |= {(path_of(leaves), kind, bare(str(name)), bare(str(role))) for name, role in pairs}
    return found


def _live_entries(live: Live) -> dict[Entry, bool]:
    """Return every entry of the cluster, and whether it is passed on to what is below."""
    rows = json.loads(live.raw.get("@acl", "[]"))
    return {(r["path"], r["type"], r["ugid"], r["roleid"]): bool(int(r.get("propagate", 1))) for r in rows}


def _holds(path: str, wanted: Leaves, live: Live) -> bool:
    """Whether a leaf is as it is wanted; of entries of which only some are there, the roles are not."""
    there, onwards = _live_entries(live), wanted.get("propagate", True)
    try:
        entries = _entries(wanted)
    except PxhelmError:
        return False
    if all(there.get(entry) is onwards for entry in entries):
        return True
    if path == "propagate":
        return all(there[entry] is onwards for entry in entries & there.keys())
    if path.startswith("subjects."):
        kind = _SUBJECTS[path.partition(".")[2]]
        return {e[2] for e in entries if e[1] == kind} <= {e[2] for e in entries & there.keys() if e[1] == kind}
    return entries <= there.keys() if path == "roles" else bool(entries & there.keys())


def observe(_target: Target) -> ApiGen[Live]:
    """Read all rights of the cluster: an ACL is a part of that one list."""
    rows = yield from call(Request("GET", "/access/acl"))
    return Live(Existence.PRESENT, raw={"@acl": json.dumps(rows)})


def steps(change: Change) -> tuple[Step, ...]:
    """Return the writes still missing: what is wanted in one call, then what was ours and is not wanted any more."""
    there = _live_entries(change.live)
    wanted = change.desired.leaves if change.desired is not None else {}
    natural.raise_unresolved(ACL, change)
    entries = _entries(wanted)
    found: list[Step] = []
    propagate = bool(wanted.get("propagate", True))
    if any(there.get(entry) is not propagate for entry in entries):
        found.append(_write(entries, propagate=propagate))
    stale = {entry for entry in _applied(change) - entries if entry in there}
    for path in sorted({entry[0] for entry in stale}):
        here = {entry for entry in stale if entry[0] == path}
        found += [_write({e for e in here if e[3] == role}, delete=True) for role in sorted({e[3] for e in here})]
    return tuple(found)


def _applied(change: Change) -> set[Entry]:
    try:
        return _entries(change.applied) if "roles" in change.applied else set()
    except PxhelmError:
        return set()


def _write(entries: set[Entry], *, propagate: bool = True, delete: bool = False) -> Step:
    ((path, *_),) = {entry[:1] for entry in entries}
    roles = sorted({entry[3] for entry in entries})
    params: dict[str, Param] = {"path": path, "roles": ",".join(roles)}
    subjects = []
    for parameter, kind in _SUBJECTS.items():
        names = sorted({entry[2] for entry in entries if entry[1] == kind})
        if names:
            params[parameter] = ",".join(names)
            subjects.append(f"{kind} {', '.join(names)}")
    verb, word = ("revoke", "from") if delete else ("grant", "to")
    leaves = ("path", "for.name", "roles", "propagate", *(f"subjects.{p}" for p in _SUBJECTS))
    if delete:
        params["delete"] = True
        leaves = ("roles", f"{path} {','.join(roles)}")
    else:
        params["propagate"] = propagate
    told = {", ".join(roles): f"on {path} {word} {' and '.join(subjects)}"}
    return Step(verb, Request("PUT", "/access/acl", params), Guard.NONE, leaves, Effect.ONLINE, detail=told)


def check(_key: ObjectKey, leaves: Leaves) -> Iterator[Mistake]:
    """Yield what an ACL lacks."""
    if not leaves.get("roles"):
        yield Mistake("roles", "an ACL needs roles", "write roles: [PVEVMUser]")
    if not any(leaves.get(f"subjects.{p}") for p in _SUBJECTS):
        yield Mistake("subjects", "an ACL needs subjects", "write subjects: [{user: NAME@REALM}]")


def identifier(resource: Resource) -> str:
    """Return the name: an ACL is a part of one list, which several may share."""
    return resource.key.name


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return one row per path and role."""
    rows = yield from call(Request("GET", "/access/acl"))
    found: dict[str, dict[str, object]] = {}
    for row in rows if isinstance(rows, list) else []:
        one = found.setdefault(f"{row['path']} {row['roleid']}", {"path": row["path"], "roles": row["roleid"]})
        parameter = next(each for each, kind in _SUBJECTS.items() if kind == row["type"])
        one[f"subjects.{parameter}"] = (*_names(one, parameter), str(row["ugid"]))
    return dict(found)


def beside(rows: Mapping[str, Mapping[str, object]], applied: Leaves) -> Mapping[str, Mapping[str, object]]:
    """Return the rows without the rights that an ACL of ours gives."""
    try:
        ours = _entries(applied)
    except PxhelmError:
        return rows
    found: dict[str, Mapping[str, object]] = {}
    for name, row in rows.items():
        left: dict[str, object] = {"path": row["path"], "roles": row["roles"]}
        for parameter, kind in _SUBJECTS.items():
            names = _names(row, parameter)
            others = tuple(each for each in names if (row["path"], kind, each, row["roles"]) not in ours)
            left |= {f"subjects.{parameter}": others} if others else {}
        found |= {name: left} if len(left) > 2 else {}
    return found


def _names(row: Mapping[str, object], parameter: str) -> tuple[str, ...]:
    names = row.get(f"subjects.{parameter}")
    return tuple(bare(str(name)) for name in names) if isinstance(names, (list, tuple)) else ()


def _path(row: Mapping[str, object]) -> str:
    """Return the path of a row of the list, or of what was applied."""
    try:
        return path_of(row) if row else ""
    except PxhelmError:
        return str(row["for.name"])  # a guest that is not there


def _subjects(row: Mapping[str, object]) -> str:
    return ",".join(name for parameter in _SUBJECTS for name in _names(row, parameter))


def _roles(row: Mapping[str, object]) -> str:
    roles = row.get("roles")
    return ",".join(bare(str(role)) for role in roles) if isinstance(roles, (list, tuple)) else str(roles or "")


ACL = Kind(
    name="ACL",
    plural="acls",
    short=("acl",),
    namespaced=False,
    guest=False,
    rank=65,
    fields=worded(
        (
            Field("path", "line", same=_holds, help="such as /pool/prod; or what it is for"),
            Field("for.kind", "line", same=_holds, choices=_KINDS),
            Field("for.name", "ref", same=_holds, refers=_KINDS),
            Field("roles", "refs", same=_holds, refers=("Role",)),
            Field("propagate", "bool", same=_holds, default=True),
            Field("subjects.users", "refs", same=_holds, refers=("User",)),
            Field("subjects.groups", "refs", same=_holds, refers=("Group",)),
            Field("subjects.tokens", "refs", same=_holds, refers=("APIToken",)),
        ),
        _WORDS,
    ),
    normalize=normalize,
    observe=observe,
    steps=steps,
    check=check,
    identifier=identifier,
    always=True,
    whole=True,
    listing=listing,
    beside=beside,
    columns=(Column("PATH", _path), Column("SUBJECTS", _subjects), Column("ROLES", _roles)),
)
