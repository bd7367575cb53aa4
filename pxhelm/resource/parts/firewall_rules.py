"""A list of firewall rules: of the cluster, a node, a network, a guest, or a security group.

Rules of ours carry ``px:<name>`` at the end of their comment; all others are somebody else's and keep their places
(``Merge``) or go (``Exclusive``). Theory: a new rule lands on top of the list, whatever position is asked for (recorded), and
``moveto`` puts one before the rule that stands there; so what is new is made from the bottom up, moved if it has to be, and
only then does anything go: an allow is never missing. Every call carries the digest of the list it was decided on.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.kind import Change, Op
from pxhelm.resource.model import Leaves, Live, Value
from pxhelm.resource.normal import ManifestPath, Normal, ShorthandError
from pxhelm.resource.step import Guard, Step

_D = Effect.ONLINE_DISRUPTIVE
_MARK = re.compile(r"(?:^|\s)px:([A-Za-z0-9][A-Za-z0-9_-]*)$")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "nolog")
_SETS = ("source", "dest", "sport", "dport")
_PARAMS = {
    "type": "type", "action": "action", "group": "action", "macro": "macro", "proto": "proto", "source": "source",
    "dest": "dest", "sport": "sport", "dport": "dport", "icmpType": "icmp-type", "iface": "iface", "log": "log",
    "enabled": "enable", "comment": "comment",
}  # fmt: skip
"""Leaf of a rule → parameter."""


@dataclass(frozen=True, slots=True)
class RuleList:
    """Where a list of rules is kept, and how its leaves begin."""

    path: str
    """``/cluster/firewall/rules``, ``/cluster/firewall/groups/web``."""
    prefix: str = ""
    """``firewall.`` where the rules stand below that field."""
    node: str = ""


def fields(prefix: str = "") -> tuple[Field, ...]:
    """Return the rows of a kind's table for a list of rules."""

    def rule(name: str, kind: str = "line", **more: object) -> Field:
        made = Field(f"{prefix}rules.*.{name}", kind, effect=_D, same=_same, via=f"rule {_PARAMS[name]}")
        return replace(made, **more)  # type: ignore[arg-type]

    addresses = ("IPSet", "FirewallAlias")
    return (
        Field(
            f"{prefix}rulesPolicy",
            "line",
            choices=("Merge", "Exclusive"),
            default="Merge",
            effect=_D,
            same=_policy_holds,
            help="whether rules of others stay",
        ),
        Field(
            f"{prefix}ruleOrder",
            "list",
            effect=_D,
            same=_order_holds,
            via="rule pos",
            help="names from top to bottom",
        ),
        rule("type", choices=("in", "out", "forward"), help="direction"),
        rule("action", choices=("ACCEPT", "DROP", "REJECT"), help="what happens to what fits"),
        rule("group", "ref", refers=("SecurityGroup",), help="a security group, instead of type and action"),
        rule("macro", help="a service by Proxmox' name, such as SSH"),
        rule("proto", help="protocol, such as tcp"),
        rule("source", "addresses", refers=addresses, help="addresses, networks, aliases, or +SET"),
        rule("dest", "addresses", refers=addresses, help="addresses, networks, aliases, or +SET"),
        rule("sport", "ports", help="ports it comes from"),
        rule("dport", "ports", help="ports it goes to"),
        rule("icmpType", help="kind of ICMP message"),
        rule("iface", help="a guest's card, such as net0; an interface of a node"),
        rule("log", choices=LEVELS, help="whether and as what it is logged"),
        rule("enabled", "bool", default=True, help="false keeps the rule without effect"),
        rule("comment", help="a remark"),
    )


def normalize(spec: Normal, path: tuple[str, ...] = ()) -> None:
    """Expand the list of rules at a path of the spec to a map by name, and remember the order."""
    branch: dict[str, object] = spec
    for name in path:
        below = branch.get(name)
        if not isinstance(below, Mapping):
            return
        branch[name] = branch = dict(below)
    rules = branch.get("rules")
    if isinstance(rules, Mapping):
        branch.setdefault("ruleOrder", [str(name) for name in rules])
        for name, rule in rules.items():
            _complete((*path, "rules", str(name)), str(name), rule)
        branch["rules"] = {n: _on(rule) if isinstance(rule, Mapping) else rule for n, rule in rules.items()}
    if not isinstance(rules, (list, tuple)):
        return
    found: dict[str, object] = {}
    for index, item in enumerate(rules):
        if not isinstance(item, Mapping):
            raise ShorthandError((*path, "rules", index), f"rule {index} is not a map")
        rest = dict(item)
        name = rest.pop("name", None)
        if name is None:
            text = json.dumps(rest, sort_keys=True, default=str)
            name = f"r{hashlib.sha256(text.encode()).hexdigest()[:8]}"
            spec.lints.append(f"W103: rule {index} has no name; a changed rule without one is a new rule")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ShorthandError(
                (*path, "rules", index), f"the name of rule {index} is {name!r}", "use letters, digits, - and _"
            )
        if name in found:
            raise ShorthandError((*path, "rules", index), f"two rules are called {name}")
        _complete((*path, "rules", index), name, rest)
        found[name] = _on(rest)
        spec.origins[(*path, "rules", name)] = (*path, "rules", index)
    branch["rules"] = found
    branch.setdefault("ruleOrder", list(found))


def _complete(path: ManifestPath, name: str, rule: object) -> None:
    """Raise ShorthandError for a rule that leaves open what it does: Proxmox would be told what nobody wrote."""
    if not isinstance(rule, Mapping):
        return
    missing = [key for key in ("type", "action") if rule.get(key) is None]
    if rule.get("group") is None and missing:
        hint = "write type: in and action: ACCEPT, or group: NAME of a security group"
        raise ShorthandError(path, f"rule {name} needs {' and '.join(missing)}", hint)
    if rule.get("group") is not None and len(missing) < 2:
        hint = "leave out type and action, or group"
        raise ShorthandError(path, f"rule {name} takes in a group and says type or action as well", hint)


def foreign(live: Live, prefix: str = "") -> Iterator[dict[str, Value]]:
    """Yield the rules of others, part by part as ours are written."""
    for row in _rows(live, prefix):
        if not name_of(row):
            group = row.get("type") == "group"
            parts = (part for part, param in _PARAMS.items() if param in row and (part != "group" or group))
            yield {part: _read(part, row[_PARAMS[part]]) for part in parts}


def _on(rule: Mapping[str, object]) -> dict[str, object]:
    """Return a rule that says whether it is on: Proxmox' own default is off."""
    return {**rule, "enabled": True} if rule.get("enabled") is None else dict(rule)


def _same(path: str, wanted: Leaves, live: Live) -> bool:
    found, value = live.intended.get(path), wanted[path]
    if found is None and path.endswith(".enabled"):
        return False
    return found == value or (found is None and value in ("", ()))


def _rows(live: Live, prefix: str) -> list[Mapping[str, object]]:
    rows: list[Mapping[str, object]] = json.loads(live.raw.get(f"@{prefix}rules", "[]"))
    return rows


def _policy_holds(path: str, wanted: Leaves, live: Live) -> bool:
    prefix = path.removesuffix("rulesPolicy")
    return wanted[path] != "Exclusive" or all(name_of(row) for row in _rows(live, prefix))


def _order_holds(path: str, wanted: Leaves, live: Live) -> bool:
    order, now = wanted[path], live.intended.get(path)
    if not isinstance(order, tuple):
        return True
    return order == tuple(name for name in (now if isinstance(now, tuple) else ()) if name in order)


def name_of(row: Mapping[str, object]) -> str:
    """Return the name of a rule of ours; empty for one of somebody else."""
    found = _MARK.search(str(row.get("comment") or ""))
    return found[1] if found else ""


def read(rules: RuleList) -> ApiGen[tuple[dict[str, Value], dict[str, str]]]:
    """Return the leaves of our rules, and the whole list for the raw texts of a ``Live``."""
    data = yield from call(Request("GET", rules.path, node=rules.node))
    rows = [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []
    return leaves_of(rows, rules.prefix), {f"@{rules.prefix}rules": json.dumps(rows)}


def leaves_of(rows: Sequence[Mapping[str, object]], prefix: str) -> dict[str, Value]:
    """Return the leaves of our rules in a list."""
    leaves: dict[str, Value] = {}
    order = []
    for row in rows:
        name = name_of(row)
        if not name or name in order:
            continue
        order.append(name)
        group = row.get("type") == "group"
        for leaf, param in _PARAMS.items():
            if param in row and (leaf == "group") == (group and param == "action") and not (group and leaf == "type"):
                value = _read(leaf, row[param])
                if value is not None:
                    leaves[f"{prefix}rules.{name}.{leaf}"] = value
    if order:
        leaves[f"{prefix}ruleOrder"] = tuple(order)
    return leaves


def _read(leaf: str, value: object) -> Value:
    if leaf == "enabled":
        return bool(int(str(value)))
    text = str(value)
    if leaf in _SETS:
        return tuple(sorted(part.strip() for part in text.split(",") if part.strip()))
    if leaf == "comment":
        return _MARK.sub("", text).strip() or None
    return text


def _write(leaf: str, value: Value, name: str) -> Param:
    if leaf == "comment":
        return f"{value} px:{name}" if value else f"px:{name}"
    if isinstance(value, tuple):
        return ",".join(str(each) for each in value)
    assert isinstance(value, (str, int, bool))
    return value


@dataclass(slots=True)
class _Draft:
    """The list as it is, changed by every step that is planned."""

    rules: RuleList
    rows: list[str]
    """Names of our rules, ``""`` for those of others, from top to bottom."""
    digest: str
    others: list[str]
    """A fingerprint of each row, to tell rules of others apart."""
    steps: list[Step] = field(default_factory=list)

    def leaf(self, name: str, part: str = "") -> str:
        return f"{self.rules.prefix}rules.{name}" + (f".{part}" if part else "")

    def send(self, verb: str, request: Request, leaves: Sequence[str], what: str) -> None:
        params: dict[str, Param] = dict(request.params)
        if self.digest:
            params["digest"] = self.digest
        made = Request(request.method, request.path, params, node=self.rules.node)
        guard = Guard.DIGEST if self.digest else Guard.NONE
        self.steps.append(Step(verb, made, guard, tuple(leaves), _D, detail={"rule": what}))

    def at(self, position: int) -> str:
        return f"{self.rules.path}/{position}"


def steps(rules: RuleList, change: Change) -> tuple[Step, ...]:
    """Return the writes by which our rules become what is wanted; ``change.desired`` None takes them all away."""
    rows = _rows(change.live, rules.prefix)
    draft = _Draft(
        rules,
        [name_of(row) for row in rows],
        str(rows[0].get("digest") or "") if rows else "",
        [_fingerprint(row) for row in rows],
    )
    wanted = change.desired.leaves if change.desired is not None else {}
    names = _names(wanted, rules.prefix)
    off = {name_of(row) for row in rows if not int(str(row.get("enable") or 0))}
    off = {name for name in off if wanted.get(draft.leaf(name, "enabled"), True)}
    _reorder(draft, names, off)
    _change(draft, change, names)
    _insert(draft, wanted, names)
    _remove(draft, change, names)
    return tuple(draft.steps)


def _names(leaves: Leaves, prefix: str) -> list[str]:
    """Return the names of the rules among leaves, in the order that is wanted."""
    head = f"{prefix}rules."
    found = list(dict.fromkeys(p.removeprefix(head).partition(".")[0] for p in leaves if p.startswith(head)))
    order = leaves.get(f"{prefix}ruleOrder")
    first = [str(name) for name in order if name in found] if isinstance(order, tuple) else []
    return [*first, *(name for name in found if name not in first)]


def _fingerprint(row: Mapping[str, object]) -> str:
    content = {k: v for k, v in row.items() if k not in ("pos", "digest")}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:8]


def _change(draft: _Draft, change: Change, names: Sequence[str]) -> None:
    """Change rules that are there: the leaves that differ, and no others."""
    for name in names:
        if name not in draft.rows:
            continue
        head = draft.leaf(name) + "."
        changed = [c for c in change.changes if c.path.startswith(head)]
        if not changed:
            continue
        assert change.desired is not None
        params: dict[str, Param] = {}
        gone: list[str] = []
        for each in changed:
            leaf = each.path.removeprefix(head)
            if leaf in ("type", "action", "group"):
                params |= _kind_of_rule(change.desired.leaves, head)
            elif each.op is Op.SET or leaf == "comment":
                params[_PARAMS[leaf]] = _write(leaf, each.after, name)
            elif leaf == "enabled":
                params["enable"] = True
            else:
                gone.append(_PARAMS[leaf])
        if gone:
            params["delete"] = ",".join(gone)
        draft.send("update", Request("PUT", draft.at(draft.rows.index(name)), params), [c.path for c in changed], name)


def _kind_of_rule(leaves: Leaves, head: str) -> dict[str, Param]:
    group = leaves.get(f"{head}group")
    if group is not None:
        return {"type": "group", "action": str(group)}
    return {"type": str(leaves.get(f"{head}type", "in")), "action": str(leaves.get(f"{head}action", "ACCEPT"))}


def _insert(draft: _Draft, wanted: Leaves, names: Sequence[str]) -> None:
    """Make rules that are not there, from the bottom up; one that must not stay on top is switched on after its move."""
    for name in reversed(names):
        if name in draft.rows:
            continue
        head = draft.leaf(name) + "."
        leaves = {p.removeprefix(head): v for p, v in wanted.items() if p.startswith(head)}
        params = _kind_of_rule(wanted, head)
        params |= {
            _PARAMS[leaf]: _write(leaf, value, name)
            for leaf, value in leaves.items()
            if leaf not in ("type", "action", "group") and value not in ("", ())
        }
        params["comment"] = _write("comment", leaves.get("comment"), name)
        on = bool(leaves.get("enabled", True))
        position = _place(draft, names, name)
        if all(row and row not in names for row in draft.rows[:position]):
            position = 0  # only rules of ours that go stand above
        params["enable"] = on and position == 0
        written = [p for p in wanted if p.startswith(head)]
        draft.send("insert", Request("POST", draft.rules.path, params), written, name)
        draft.rows.insert(0, name)
        draft.others.insert(0, "")
        if position:
            _move(draft, 0, position + 1)
            if on:
                enabled = draft.leaf(name, "enabled")
                on_now = Request("PUT", draft.at(draft.rows.index(name)), {"enable": True})
                draft.send("update", on_now, [enabled], name)


def _place(draft: _Draft, names: Sequence[str], name: str) -> int:
    """Return where a new rule belongs: before the next of ours that is there, else after the one before it, else on top."""
    index = names.index(name)
    for later in names[index + 1 :]:
        if later in draft.rows:
            return draft.rows.index(later)
    for earlier in reversed(names[:index]):
        if earlier in draft.rows:
            return draft.rows.index(earlier) + 1
    return 0


def _move(draft: _Draft, start: int, before: int) -> None:
    """Put a rule before the one that stands at a position now."""
    name = draft.rows[start]
    leaves = [f"{draft.rules.prefix}ruleOrder", draft.leaf(name)]
    draft.send("reorder", Request("PUT", draft.at(start), {"moveto": before}), leaves, name)
    row, other = draft.rows.pop(start), draft.others.pop(start)
    target = before - 1 if before > start else before
    draft.rows.insert(target, row)
    draft.others.insert(target, other)


def _reorder(draft: _Draft, names: Sequence[str], off: set[str]) -> None:
    """Move the fewest rules of ours so that they stand in the order that is wanted, those that are off before others."""
    now = list(dict.fromkeys(name for name in draft.rows if name in names))
    weights = {names.index(name): 1 if name in off else len(now) + 1 for name in now}
    kept = _heaviest_increasing([names.index(name) for name in now], weights)
    stay = {names[index] for index in kept}
    for name in reversed(names):
        if name in stay or name not in draft.rows:
            continue
        index = names.index(name)
        later = next((each for each in names[index + 1 :] if each in stay), "")
        earlier = next((each for each in reversed(names[:index]) if each in stay), "")
        before = draft.rows.index(later) if later else draft.rows.index(earlier) + 1
        _move(draft, draft.rows.index(name), before)
        stay.add(name)


def _heaviest_increasing(numbers: Sequence[int], weights: Mapping[int, int]) -> list[int]:
    best: list[tuple[int, list[int]]] = []
    for number in numbers:
        weight, chain = max((each for each in best if each[1][-1] < number), key=lambda e: e[0], default=(0, []))
        best.append((weight + weights[number], [*chain, number]))
    return max(best, key=lambda each: each[0], default=(0, []))[1]


def _remove(draft: _Draft, change: Change, names: Sequence[str]) -> None:
    """Take away what was ours and is no longer wanted, and with ``Exclusive`` all that is not ours; from the bottom up."""
    prefix = draft.rules.prefix
    ours = set(_names(change.applied, prefix)) - set(names)
    wanted = change.desired.leaves if change.desired is not None else {}
    exclusive = wanted.get(f"{prefix}rulesPolicy") == "Exclusive" or change.options.get("all-rules", False)
    for position in range(len(draft.rows) - 1, -1, -1):
        name = draft.rows[position]
        twin = name in names and name in draft.rows[:position]
        if not (name in ours or twin or (exclusive and name not in names)):
            continue
        count = draft.others[: position + 1].count(draft.others[position])
        leaf = draft.leaf(name) if name in ours else f"{prefix}rulesPolicy"
        what = (leaf,) if name in ours else (leaf, f"{draft.others[position]}-{count}")
        told = name or f"at position {position}, which is nobody's"
        draft.send("remove", Request("DELETE", draft.at(position)), what, told)
        del draft.rows[position], draft.others[position]
