"""Asks the cluster itself, past pxhelm's own reading: the raw answers of the API about a case's object.

Where a field is found is said by the table (``wire``), or by the data of the kind:

- ``read``: name of a source → ``PATH`` of a GET, or ``PATH#KEY=VALUE`` for one row of a list, ``PATH[]`` for
  all of its rows, under ``rows``, with ``@VERSION`` for one version alone; the source ``""`` holds the
  parameters of the table. ``{id}``, ``{name}``, ``{node}``, ``{vmid}`` are filled in; the source ``row`` of a guest is its
  row of ``/cluster/resources``, ``sent`` of anything the parameters that arrived for it, secrets masked.
- ``at`` of a field: ``SOURCE:PARAM[.KEY]`` in place of the table's word; ``unread``: why the API does not tell it.
- ``guests`` of a field: name → VMID of the guests that its values name.
- ``spelt`` of a field: value → the text that the API says for it, where the two have no common form.
"""

import re
from dataclasses import dataclass

from pxhelm.resource.table import table_of
from tests.idempotence import spelling

MISSING = object()
SENT = "sent"
"""The source of what can only be written: the requests that arrived."""
FOLLOWS = re.compile(r"digest|boot|unused\d+|allowed-tags|method6?|families")
"""What Proxmox itself changes with other parameters."""


@dataclass(frozen=True)
class Spot:
    """Where the API tells a field of an object."""

    source: str
    param: str
    key: str


def spot_of(kind, case):
    """Return where a case's field is told; None when nowhere."""
    if case.unread or (case.spelt and str(case.value) not in case.spelt):
        return None
    place = table_of(kind.fields, kind.slots).place(case.path)
    if case.at:
        source, _, rest = case.at.rpartition(":")
        param, _, key = rest.replace("SLOT", place.slot).partition(".")
        return Spot(source, param, key)
    if not place.param:
        return None
    if place.field.write_only:
        return Spot(SENT, place.param, place.key)
    if place.param.startswith("@"):
        return Spot(place.param[1:], place.key, "")
    return Spot("", place.param, place.key)


class Readback:
    """The API of one bench."""

    def __init__(self, bench):
        self.bench = bench
        self.kind = bench.kind
        self.table = table_of(self.kind.fields, self.kind.slots)

    def raw(self, case, name, spot):
        """Return what the API says at a spot of an object; MISSING when it says nothing."""
        source = self.source(case, name, spot.source)
        if case.path == "id" and source:
            return case.value  # it was found under its id; some objects do not say it again
        raw = source.get(spot.param, MISSING)
        if raw is MISSING or raw is None:
            return MISSING
        if spot.key and isinstance(raw, list):
            return [
                ("!" if row.get("nomatch") else "") + str(row[spot.key]) for row in raw if spot.key in row
            ] or MISSING
        place = self.table.place(case.path)
        if place.field.form in spelling.MAPS:
            return spelling.MAPS[place.field.form](raw).get(case.path.split(".", 1)[1], MISSING)
        spec = self.spec(spot)
        if not spot.key or (spec is not None and spec.type != "array" and not spec.properties):
            whole = spelling.content(spec, raw) if isinstance(raw, str) else {"": raw}
            return whole.get("", raw)
        keys, newest = spelling.content(spec, raw), spelling.parameter(spelling.NEWEST, self.kind.api, spot.param)
        names = (spot.key, *(spelling.formerly(newest, spot.key) if newest is not None and not spot.source else ()))
        return next((keys[name] for name in names if name in keys), MISSING)

    def spec(self, spot):
        """Return what the schema says about the parameter at a spot."""
        path = self.bench.said.read.get(spot.source, "") if spot.source else self.kind.api
        return spelling.parameter(self.bench.version, path.partition("#")[0].removesuffix("[]"), spot.param)

    def source(self, case, name, source):
        """Return one answer of the API about an object."""
        row = self.row(case, name) if self.kind.guest else {}
        if source == "row":
            return row
        if source == SENT:
            return self.sent(str(row.get("vmid") or case.wanted().get("id") or self.bench.said.name or name))
        spec = case.wanted()
        slot = self.table.place(case.path).slot
        names = {"id": spec.get("id", name), "name": name, "slot": slot, "kind": row.get("type"), **row, **_plain(spec)}
        read = self.bench.said.read
        path, _, choice = read.get(f"{source}@{self.bench.version}", read[source]).format(**names).partition("#")
        data = self.bench.ask(path.removesuffix("[]"))
        if path.endswith("[]"):
            data = {"rows": data or []}
        elif choice:
            key, _, value = choice.partition("=")
            data = next((each for each in data or () if str(each.get(key)) == value), None)
        elif isinstance(data, list):
            assert len(data) <= 1, f"{path}: {data}"
            data = data[0] if data else None
        return data if isinstance(data, dict) else {}

    def sent(self, identity):
        """Return the parameters of all requests about an object, the last ones winning."""
        found = {}
        for entry in self.bench.writes():
            if identity in (*entry.path.split("/"), *map(str, entry.params.values())):
                found |= entry.params
        return found

    def row(self, case, name):
        """Return the row of a guest."""
        rows = [r for r in self.bench.ask("/cluster/resources?type=vm") if r.get("name") in (case.hostname, name)]
        assert len(rows) == 1, f"guests called {name}: {rows}"
        return rows[0]

    def says(self, case, name, value=MISSING):
        """Return why the API does not hold the value of a case (or another one); empty when it does, or does not tell."""
        spot = spot_of(self.kind, case)
        value = case.value if value is MISSING else value
        if spot is None:
            return ""
        each = self.table.place(case.path).field
        raw = self.raw(case, name, spot)
        if case.spelt:
            text = case.spelt[str(value)]
            return "" if str(raw) == text else f"{_of(spot)} is {_shown(raw)}, not {text}"
        want = spelling.wanted(each, value)
        if case.guests:
            want = sorted(str(case.guests.get(name, name)) for name in want)
        if raw == "***":
            return ""  # a secret that arrived
        if raw is MISSING:
            return "" if self.default(each, spot) == want else f"{_of(spot)} is not there"
        got = spelling.found(each, raw)
        among = spot.source == "row" and isinstance(want, list) and set(got) <= set(want)
        return "" if among or got == want else f"{_of(spot)} is {raw!r}: {got!r}, not {want!r}"

    def parameters(self, case, name):
        """Return all parameters of an object."""
        return self.source(case, name, "") if "" in self.bench.said.read else {}

    def others(self, case, name, before, paths):
        """Return the parameters that changed although none of the paths stands for them."""
        spot = spot_of(self.kind, case)
        if spot is None:
            return {}
        after = self.parameters(case, name)
        changed = {p for p in before.keys() | after.keys() if before.get(p) != after.get(p)}
        places = [self.table.place(path) for path in (*paths, case.path)]
        mine = {spot.param, *(place.param for place in places if place is not None), *self.device(case.path)}
        return {p: (before.get(p), after.get(p)) for p in changed - mine if not FOLLOWS.fullmatch(p)}

    def device(self, path):
        """Return the parameters of the whole device that a leaf is of; it may go as a whole."""
        family, _, rest = path.partition(".")
        slot = rest.partition(".")[0]
        fields = [f.path.replace("*", slot, 1) for f in self.kind.fields if f.path.startswith(f"{family}.*.")]
        places = [self.table.place(each) for each in fields if family in self.kind.slots and "*" not in each]
        return {place.param for place in places if place is not None}

    def default(self, each, spot):
        """Return what an unset parameter means to Proxmox: by its schema, else by our table; MISSING when unknown."""
        spec = self.spec(spot)
        if spec is not None and spot.key:
            spec = spec.properties.get(spot.key)
        if spec is not None and spec.default is not None:
            return spelling.found(each, spec.default)
        if each.default is None:
            return MISSING
        return list(each.default) if isinstance(each.default, tuple) else each.default

    def gone(self, case, name):
        """Return what the API still says of a value that nobody wants; empty when it is gone, or at its default."""
        spot = spot_of(self.kind, case)
        if spot is None or case.spelt or spot.source == SENT:
            return ""
        each = self.table.place(case.path).field
        raw = self.raw(case, name, spot)
        if raw is MISSING or spelling.found(each, raw) in (self.default(each, spot), "", []):
            return ""
        return f"{_of(spot)} is still {raw!r}"


def _of(spot):
    return ".".join(part for part in (spot.source, spot.param, spot.key) if part)


def _shown(raw):
    return "not there" if raw is MISSING else repr(raw)


def _plain(spec):
    return {k: v for k, v in spec.items() if isinstance(v, (str, int)) and k not in ("name", "id", "type", "node")}
