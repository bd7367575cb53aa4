"""The trash: what is in it and until when, bringing a guest back, and emptying it.

Guests come here by ``deletion-policy: Trash(7d)``. Nothing leaves by itself: emptying is a command, for people and timers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pxhelm.actions.inspect import Found, Query, find, key_of
from pxhelm.actions.objects import MANAGER, parse_text, plan_keys
from pxhelm.actions.operate import Call, Done, Manner, Means, address_of, carry_out
from pxhelm.actions.services import Services
from pxhelm.apply.memory import Manifest
from pxhelm.apply.planning import Planned, PlanRequest
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource.aside import guest_name, is_trashed, original
from pxhelm.resource.identity import ObjectKey
from pxhelm.store.objects import ObjectKey as StoreKey

_GUESTS = ("VirtualMachine", "Container")


@dataclass(frozen=True, slots=True)
class Trashed:
    """A guest in the trash."""

    found: Found
    kept: Mapping[str, Any]
    """``at``, ``until``, ``release``, ``running``, ``before`` (``apply.memory.Manifest``)."""

    @property
    def key(self) -> ObjectKey:
        """The key it had before."""
        return original(key_of(self.found))

    @property
    def taken_out(self) -> bool:
        """Whether it is used again: by hand, or because bringing it back was cut off. Emptying the trash spares it."""
        row = self.found.row
        name = str(row.get("name") or "")
        return row.get("status") == "running" or bool(name and guest_name(name) != name)

    @property
    def until(self) -> float:
        """Unix seconds until which it stays."""
        return float(self.kept.get("until", 0.0))


def trashed(services: Services, *, all_namespaces: bool = False) -> list[Trashed]:
    """Return what is in the trash, in the order in which it may go."""
    found = find(services, Query(_GUESTS, all_namespaces=all_namespaces))
    there = [one for one in found if one.stored is not None and is_trashed(key_of(one))]
    return sorted((Trashed(one, _manifest(one).trash) for one in there), key=lambda one: one.until)


def _manifest(one: Found) -> Manifest:
    assert one.stored is not None
    return Manifest.load(one.stored.manifest)


def chosen(there: Sequence[Trashed], kinds: Sequence[str], name: str) -> Trashed:
    """Return the one that a name means, as it was called before or as it is called in the trash; PxhelmError otherwise."""
    fitting = [one for one in there if one.found.kind in kinds and name in (one.key.name, one.found.name)]
    if not fitting:
        listed = ", ".join(sorted({one.key.name for one in there if one.found.kind in kinds}))
        raise PxhelmError(f"{name} is not in the trash", hint=f"there are {listed}" if listed else "the trash is empty")
    if len(fitting) > 1:
        names = ", ".join(one.found.name for one in fitting)
        raise PxhelmError(
            f"{name} is in the trash {len(fitting)} times", code=ExitCode.CONFLICT, hint=f"name one of {names}"
        )
    return fitting[0]


@dataclass(frozen=True, slots=True)
class _Undelete:
    """Give a guest its name, tags and start at boot back: an ``Operation``."""

    before: Mapping[str, Any]
    running: bool
    verb: str = "undelete"
    done: str = "undeleted"

    def run(self, means: Means) -> ApiGen[str]:
        """Write what it was before, and start it if it ran."""
        config = yield from call(Request("GET", f"{means.path}/config", node=means.node))
        digest = str(config.get("digest", "")) if isinstance(config, Mapping) else ""
        name = "hostname" if means.guest.kind == "Container" else "name"
        tags, boot = self.before.get("tags") or (), self.before.get("startup.onBoot")
        params: dict[str, Param] = {name: str(self.before.get("hostname") or means.guest.vmid)}
        params |= {"tags": ";".join(map(str, tags))} if tags else {}
        params |= {"onboot": True} if boot else {}
        gone = [key for key, kept in (("tags", tags), ("onboot", boot)) if not kept]
        params |= {"delete": ",".join(gone)} if gone else {}
        yield from means.write(Call("/config", {**params, "digest": digest}, "PUT", last=False))
        if self.running and means.guest.row.get("status") != "running":
            yield from means.write(Call("/status/start"))
        return self.done

    def explain(self, error: PxhelmError, _guest: Found, /) -> PxhelmError:
        """Say no more than the failure does."""
        return error


def undelete(services: Services, one: Trashed, manner: Manner | None = None) -> Done:
    """Bring a guest back under the name that it had; PxhelmError (CONFLICT) when another object has that by now."""
    objects, cluster = services.store.objects, services.place.cluster
    stored, key = one.found.stored, one.key
    assert stored is not None
    if objects.get(StoreKey(cluster, key.kind, key.namespace, key.name)) is not None:
        raise PxhelmError(
            f"cannot undelete {key.address}: there is another one of that name by now",
            code=ExitCode.CONFLICT,
            hint=f"delete that one first, or stop managing it: pxhelm annotate {key.kind} {key.name} "
            "pxhelm.io/deletion-policy=Retain, then pxhelm delete",
        )
    operation = _Undelete(dict(one.kept.get("before") or {}), bool(one.kept.get("running")))
    (done,) = carry_out(services, [one.found], operation, manner)
    if done.error is not None:
        return done
    manifest = _manifest(one.found)
    (resource,) = [r for r in parse_text(services, manifest.text, key.address) if r.key.name == key.name][:1]
    row = replace(
        stored,
        key=replace(stored.key, name=key.name),
        labels=dict(resource.labels),
        manifest=replace(manifest, trash={}).dump(),
    )
    with services.store.transaction():
        objects.put(row)
    return replace(done, guest=replace(one.found, name=key.name, stored=row))


def plan_emptying(services: Services, going: Sequence[Trashed]) -> Planned:
    """Return the plan that destroys guests of the trash."""
    return plan_keys(services, [key_of(one.found) for one in going], PlanRequest(manager=MANAGER))


def expired(there: Sequence[Trashed], now: float) -> list[Trashed]:
    """Return those whose time is over."""
    return [one for one in there if one.until <= now]


def title(one: Trashed) -> str:
    """Return what messages call it: as it was called before."""
    return address_of(replace(one.found, name=one.key.name))
