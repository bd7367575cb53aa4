"""What two objects say of one guest: its firewall, its pool. One of them may, and the other is refused (kinds.md 6.2, 7).

A guest says both itself. A Firewall is for guests that others manage, and so are the members that a Pool names. Reads only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from pxhelm.apply.memory import address_of, stored_key
from pxhelm.apply.ports import Ports
from pxhelm.plan.leaf import as_leaf
from pxhelm.plan.remembered import REMEMBERED
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Surroundings
from pxhelm.resource.model import Leaves, Resource, Value
from pxhelm.store.objects import ObjectQuery

_SPEAKERS = ("Firewall", "Pool")
"""Kinds that may say something of a guest from outside."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """What an object says of a guest; two that say the same are no rivals."""

    of: tuple[str, int]
    """``firewall`` or ``pool``, and the VMID."""
    who: ObjectKey
    what: str


def rivals(
    ports: Ports, wanted: Mapping[ObjectKey, Resource], going: Collection[ObjectKey], around: Surroundings
) -> dict[ObjectKey, str]:
    """Return why objects must not be what is wanted: another one that stays says something else of the same guest.

    Of a guest and an object beside it, both wanted, the latter is refused.
    """
    claims = [claim for key, r in wanted.items() for claim in _claims(ports, key, r.leaves, around)]
    if not claims:
        return {}
    standing: dict[tuple[str, int], list[_Claim]] = {}
    for claim in _stored(ports, claims, around):
        if claim.who not in wanted and claim.who not in going:
            standing.setdefault(claim.of, []).append(claim)
    found: dict[ObjectKey, str] = {}
    for claim in sorted(claims, key=lambda c: c.who.kind in _SPEAKERS):
        beside = standing.setdefault(claim.of, [])
        other = next((c for c in beside if _clash(c, claim, around)), None)
        if other is None:
            beside.append(claim)
        else:
            found.setdefault(claim.who, _why(claim, other))
    return found


def _clash(one: _Claim, other: _Claim, around: Surroundings) -> bool:
    """Whether two claims differ; a guest that is still to be made joins its pool by itself, and cannot be joined before."""
    return one.what != other.what or one.of[1] not in around.guests


def _why(claim: _Claim, other: _Claim) -> str:
    subject, vmid = claim.of
    if claim.what == other.what:
        return f"guest {vmid} is made in pool {claim.what} by {other.who.address}: leave it out of members.guests"
    if subject == "firewall":
        return f"the firewall of guest {vmid} is said by {other.who.address} already; one of the two may"
    return f"guest {vmid} is to be in pool {claim.what}, and {other.who.address} says {other.what}"


def _claims(ports: Ports, key: ObjectKey, leaves: Leaves, around: Surroundings) -> Iterator[_Claim]:
    if ports.kind_of(key.kind).guest:
        vmid = around.bound.get(key)
        if vmid and any(path.startswith("firewall.") for path in leaves):
            yield _Claim(("firewall", vmid), key, key.address)
        if vmid and leaves.get("pool"):
            yield _Claim(("pool", vmid), key, str(leaves["pool"]))
    elif key.kind == "Firewall":
        yield from (_Claim(("firewall", vmid), key, key.address) for vmid in _vmids(leaves.get("target.guest")))
    elif key.kind == "Pool":
        name = ports.kind_of(key.kind).identifier(Resource(key, leaves))
        yield from (_Claim(("pool", vmid), key, name) for vmid in _vmids(leaves.get("members.guests")))


def _vmids(value: Value) -> Iterator[int]:
    texts = value if isinstance(value, tuple) else (value,)
    yield from (int(text[5:]) for text in map(str, texts) if text.startswith("vmid:") and text[5:].isdigit())


def _stored(ports: Ports, claims: Collection[_Claim], around: Surroundings) -> Iterator[_Claim]:
    """Yield what the store knows to be said of the guests that are spoken of."""
    objects = ports.store.objects
    found = [each for kind in _SPEAKERS for each in objects.list(ObjectQuery(ports.cluster_name, kind=kind))]
    concerned = {claim.of[1] for claim in claims if claim.who.kind in _SPEAKERS}
    guests = (objects.get(stored_key(ports, key)) for key, vmid in around.bound.items() if vmid in concerned)
    for each in (*found, *(guest for guest in guests if guest is not None)):
        leaves = {leaf.path: as_leaf(leaf.base) for leaf in objects.owned(each.uid) if leaf.path not in REMEMBERED}
        yield from _claims(ports, address_of(each), leaves, around)
