"""The cases of a kind: its table of fields crossed with values, slots and ways to come to be.

What a table cannot know stands as data in ``kinds/KIND.yaml``; without the file there is the table alone:

- ``minimal``: the spec without which an object cannot be; ``clone`` the same for guests that are cloned.
- ``setup``: requests ``[METHOD, PATH, {PARAM: VALUE}]`` sent to the cluster first; ``manifests``: documents applied first.
- ``read``: where the API tells the objects of the kind (``readback``).
- ``batch``: how many cases share a cluster and a plan (40); 1 for a singleton, with ``name``: the only name it may have.
- ``modes``: of ``create``, ``clone``, ``import``, all by default; ``skip``: why the whole kind is not run;
  ``older``: why it is not run on versions that lack its path, though pxhelm does not refuse it.
- ``fields``: path of the table, or ``prefix.**``, the later entry winning key by key →
  ``values``; ``slots`` to try a device in; ``modes``;
  ``beside``: spec that is there with the value and without it (``SLOT`` stands for the slot);
  ``only``: spec that comes and goes with the value;
  ``kept``: why the value stays when nobody wants it any more; ``becomes``: why there is another one then; ``stays``: why nobody can stop wanting it;
  ``unlisted``: why an imported manifest does not state it; ``skip``: why there is no case;
  ``at``, ``unread``, ``guests``, ``spelt``: how it is read back (``readback``); ``since``: the first version that has it.
- ``extra``: further cases, each with ``path``, ``values`` and any of the above.
"""

import copy
import fnmatch
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from pxhelm.kinds import KINDS
from tests.idempotence.values import representative

DATA = Path(__file__).with_name("kinds")
NEVER = ("config.*",)
"""Raw parameters are listed by the data of a kind."""


@dataclass(frozen=True)
class About:
    """What the data of a kind says."""

    minimal: dict = field(default_factory=dict)
    clone: dict = field(default_factory=dict)
    setup: tuple = ()
    manifests: str = ""
    batch: int = 40
    name: str = ""
    modes: tuple = ()
    skip: str = ""
    older: str = ""
    read: dict = field(default_factory=dict)
    fields: dict = field(default_factory=dict)
    extra: tuple = ()

    def of(self, path):
        """Return what is said of a field: all patterns that fit, the later ones winning."""
        found = {"values": ["other"], "stays": "the key of an object"} if path == "id" else {}
        for pattern, said in self.fields.items():
            if pattern == path or (pattern.endswith("**") and path.startswith(pattern[:-2])):
                found = {**found, **(said or {})}
        return found


@dataclass(frozen=True)
class Case:
    """One field with one value, in one way to come to be."""

    kind: str
    mode: str
    path: str
    value: object
    base: dict
    beside: dict
    """There with the value and without it."""
    only: dict
    """There only with the value."""
    kept: str = ""
    """Why the value stays when nobody wants it any more."""
    becomes: str = ""
    """Why there is another value then, and not none."""
    stays: str = ""
    """Why nobody can want it no longer."""
    unlisted: str = ""
    """Why an imported manifest does not state it."""
    at: str = ""
    """Where the API tells it, when the table does not say."""
    unread: str = ""
    """Why the API does not tell it."""
    since: str = ""
    """The first version of Proxmox VE that has it, where the schema does not tell."""
    guests: dict = field(default_factory=dict)
    """VMIDs of the guests that its values name."""
    spelt: dict = field(default_factory=dict)
    """What the API says for each value, where that cannot be told from the type."""

    @property
    def hostname(self):
        """What a guest of this case is called when its manifest says so."""
        return self.wanted().get("hostname", "")

    @property
    def name(self):
        """How the case is reported."""
        return f"{self.kind} {self.mode} {self.path}={self.value!r}"

    def wanted(self):
        """Return the spec with the value."""
        spec = merged(self.base, self.beside, self.only)
        put(spec, self.path.split("."), self.value)
        return spec

    def without(self):
        """Return the spec that never spoke of it."""
        return merged(self.base, self.beside)


@cache
def about(kind):
    """Return the data of a kind."""
    file = DATA / f"{kind}.yaml"
    found = yaml.safe_load(file.read_text()) if file.exists() else {}
    return About(**{k: tuple(v) if isinstance(v, list) else v for k, v in (found or {}).items()})


def cases_of(kind_name, *, modes=(), fields=""):
    """Return the cases of a kind, in the order of its table."""
    kind, said = KINDS[kind_name], about(kind_name)
    if said.skip:
        return []
    ways = said.modes or (("create", "clone", "import") if kind.guest else ("create", "import"))
    found = []
    for each in kind.fields:
        if each.path in NEVER or each.path.endswith(".extra.*"):
            continue
        of = said.of(each.path)
        if of.get("skip"):
            continue
        for path in paths_of(kind, each, of):
            for value in of.get("values", None) or representative(kind, each):
                found += [case_of(kind_name, of, way, path, value) for way in of.get("modes", ways)]
    for one in said.extra:
        of = {**said.of(one["path"]), **one}
        found += [
            case_of(kind_name, of, way, one["path"], value) for value in one["values"] for way in of.get("modes", ways)
        ]
    return [c for c in found if (not modes or c.mode in modes) and (not fields or fnmatch.fnmatch(c.path, fields))]


def paths_of(kind, each, of):
    """Return the leaf paths of a field: of one slot, or of those that the data names."""
    if "*" not in each.path:
        return [each.path]
    family = each.path.split(".")[0]
    default = [kind.slots[family][0]] if family in kind.slots else ["KEY"]
    return [each.path.replace("*", slot, 1).replace("*", "KEY") for slot in of.get("slots", default)]


def case_of(kind_name, of, mode, path, value):
    """Return one case, its slot filled in wherever the data says SLOT."""
    said = about(kind_name)
    slot = path.split(".")[1] if "." in path else ""
    base = said.clone if mode == "clone" and said.clone else said.minimal
    return Case(
        kind_name,
        mode,
        path,
        value,
        base,
        _filled(of.get("beside") or {}, slot),
        _filled(of.get("only") or {}, slot),
        of.get("kept", ""),
        of.get("becomes", ""),
        of.get("stays", ""),
        of.get("unlisted", ""),
        of.get("at", ""),
        of.get("unread", ""),
        of.get("since", ""),
        of.get("guests") or {},
        of.get("spelt") or {},
    )


def _filled(data, slot):
    if isinstance(data, dict):
        return {k.replace("SLOT", slot): _filled(v, slot) for k, v in data.items()}
    return data.replace("SLOT", slot) if isinstance(data, str) else data


def merged(*specs):
    """Return the specs laid over each other."""
    found = {}
    for spec in specs:
        _lay(found, spec)
    return found


def _lay(over, spec):
    for key, value in spec.items():
        if isinstance(value, dict) and isinstance(over.get(key), dict):
            _lay(over[key], value)
        else:
            over[key] = copy.deepcopy(value)


def put(spec, names, value):
    """Write one leaf into a spec."""
    for name in names[:-1]:
        inner = spec.get(name)
        spec[name] = spec = inner if isinstance(inner, dict) else {}
    spec[names[-1]] = value


def leaves(spec, prefix=""):
    """Yield the paths of a spec's leaves."""
    for name, value in spec.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def drop(spec, names):
    """Take one leaf out of a spec, and the maps that are empty then."""
    if len(names) > 1 and isinstance(spec.get(names[0]), dict):
        drop(spec[names[0]], names[1:])
        if not spec[names[0]]:
            del spec[names[0]]
    else:
        spec.pop(names[0], None)
