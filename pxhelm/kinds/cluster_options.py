"""The options of the cluster: only those that a manifest names; the others stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.resource import natural
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Kind, Mistake
from pxhelm.resource.model import Existence, Leaves, Live, Resource, Target
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.words import worded


def _camel(words: str) -> str:
    first, *rest = words.replace("_", "-").split("-")
    return first + "".join(word.capitalize() for word in rest)


def _sub(name: str, wire: str, keys: tuple[str, ...], kind: str = "line") -> tuple[Field, ...]:
    return tuple(Field(f"{name}.{_camel(key)}", kind, f"{wire}.{key}") for key in keys)


_CRS = ("ha-rebalance-on-start", "ha-auto-rebalance")
_CRS_NUMBERS = ("ha-auto-rebalance-threshold", "ha-auto-rebalance-margin", "ha-auto-rebalance-hold-duration")
_WORDS = """
migration.type                   secure goes through SSH; insecure is faster, for trusted networks
migration.network                network in CIDR form over which guests move
ha.shutdownPolicy                what happens to guests of the HA manager when a node shuts down
crs.ha                           how the HA manager chooses nodes
crs.haRebalanceOnStart           choose a node at every start
crs.haAutoRebalance              move guests when nodes have unequal loads
crs.haAutoRebalanceMethod        how the guests to be moved are chosen
crs.haAutoRebalanceThreshold     inequality, in percent, from which guests are moved
crs.haAutoRebalanceMargin        improvement, in percent, that is worth a move
crs.haAutoRebalanceHoldDuration  rounds of the HA manager for which the inequality must last
maxWorkers                       tasks at once on a node
macPrefix                        beginning of addresses that Proxmox chooses
tagStyle.caseSensitive           Web and web are two tags
tagStyle.colorMap                colours, such as prod:ff0000;test:00ff00
tagStyle.ordering                how tags are ordered: config or alphabetical
tagStyle.shape                   how tags look in the tree
registeredTags                   tags that only an administrator may set
userTagAccess.userAllow          which tags others may set: none, list, existing or free
userTagAccess.userAllowList      tags that others may set
notify.fencing                   without effect since 8.x, as the others but packageUpdates
notify.packageUpdates            when updates are told: auto, always or never
notify.replication               without effect since 8.x
notify.targetFencing             without effect since 8.x
notify.targetPackageUpdates      without effect since 8.x
notify.targetReplication         without effect since 8.x
replication.type                 secure goes through SSH; insecure is faster, for trusted networks
replication.network              network in CIDR form over which volumes are copied
console                          viewer that a console opens in
keyboard                         keyboard of consoles
language                         language of the pages
httpProxy                        proxy for downloads
emailFrom                        sender of mails
description                      notes of the cluster, in Markdown
consentText                      text to agree to before a login
fencing                          how the HA manager makes sure that a node is off
u2f.appid                        id of the application; the origin unless given
u2f.origin                       origin, for a single node
webauthn.rp                      name of the site
webauthn.origin                  address that people type, with https://
webauthn.id                      domain of the site; changing it makes registered keys useless
webauthn.allowSubdomains         the origin may be below the domain
"""
_FIELDS: tuple[Field, ...] = (
    Field("nextID.lower", "int", "next-id.lower", help="VMIDs that Proxmox proposes: from"),
    Field("nextID.upper", "int", "next-id.upper", help="up to, this one left out"),
    *(
        Field(f"bandwidth.{key}", "rate", f"bwlimit.{key}", form="kibps")
        for key in ("default", "clone", "migration", "move", "restore")
    ),
    *_sub("migration", "migration", ("type", "network")),
    *_sub("ha", "ha", ("shutdown_policy",)),
    *_sub("crs", "crs", ("ha", "ha-auto-rebalance-method")),
    *_sub("crs", "crs", _CRS, "bool"),
    *_sub("crs", "crs", _CRS_NUMBERS, "number"),
    Field("maxWorkers", "int", "max_workers", bounds=(1, None)),
    Field("macPrefix", "line", "mac_prefix", default="BC:24:11"),
    Field("tagStyle.caseSensitive", "bool", "tag-style.case-sensitive", default=False),
    *_sub("tagStyle", "tag-style", ("color-map", "ordering", "shape")),
    Field("registeredTags", "set", "registered-tags", form="tag-list"),
    Field("userTagAccess.userAllow", "line", "user-tag-access.user-allow"),
    Field("userTagAccess.userAllowList", "set", "user-tag-access.user-allow-list", form="tag-list"),
    *_sub(
        "notify",
        "notify",
        (
            "fencing",
            "package-updates",
            "replication",
            "target-fencing",
            "target-package-updates",
            "target-replication",
        ),
    ),
    *_sub("replication", "replication", ("type", "network")),
    Field("console", "line", "console", choices=("applet", "vv", "html5", "xtermjs")),
    Field("keyboard", "line", "keyboard"),
    Field("language", "line", "language"),
    Field("httpProxy", "line", "http_proxy"),
    Field("emailFrom", "line", "email_from"),
    Field("description", "note", "description", form="description", effect=Effect.METADATA),
    Field("consentText", "note", "consent-text", form="description"),
    Field("fencing", "line", "fencing", choices=("watchdog", "hardware", "both"), default="watchdog"),
    Field("location.name", "line", "location.name"),
    Field("location.latitude", "number", "location.latitude"),
    Field("location.longitude", "number", "location.longitude"),
    *_sub("u2f", "u2f", ("appid", "origin")),
    *_sub("webauthn", "webauthn", ("rp", "origin", "id")),
    Field("webauthn.allowSubdomains", "bool", "webauthn.allow-subdomains", default=True),
)
_PATH = "/cluster/options"
HOME = natural.Home(_PATH, "")
_OF_THE_SERVER = ("allowed-tags",)


def identifier(_resource: Resource) -> str:
    """Return the one id there is."""
    return "cluster"


def observe(_target: Target) -> ApiGen[Live]:
    """Read the options; they are always there."""
    data = yield from call(Request("GET", _PATH))
    found: Mapping[str, object] = data if isinstance(data, Mapping) else {}
    shown = {key: value for key, value in found.items() if key not in _OF_THE_SERVER}
    return natural.live_of(CLUSTER_OPTIONS, HOME, "cluster", shown)


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return the one row there is."""
    data = yield from call(Request("GET", _PATH))
    return {"cluster": data if isinstance(data, Mapping) else {}}


def steps(change: Change) -> tuple[Step, ...]:
    """Return the write still missing; what only we had set is unset when the object goes."""
    if change.live.existence is not Existence.PRESENT:
        return ()
    if change.desired is not None:
        return natural.update(CLUSTER_OPTIONS, HOME, change, path=_PATH)
    gone = natural.still_set(CLUSTER_OPTIONS, change)
    if not gone:
        return ()
    return (Step("update", Request("PUT", _PATH, {"delete": ",".join(gone)}), Guard.NONE, (), Effect.ONLINE),)


def check(_key: ObjectKey, leaves: Leaves) -> Iterator[Mistake]:
    """Yield a range of VMIDs that holds none."""
    lower, upper = leaves.get("nextID.lower"), leaves.get("nextID.upper")
    if isinstance(lower, int) and isinstance(upper, int) and lower > upper:
        yield Mistake("nextID.lower", f"nextID.lower ({lower}) is above nextID.upper ({upper})")


def refuse(change: Change) -> str:
    """Return why the options cannot be set: there is one object of this kind."""
    if change.desired is not None and change.target.key.name != "cluster":
        return "there is one ClusterOptions, and its name is cluster"
    return natural.refuse(CLUSTER_OPTIONS, HOME, change)


CLUSTER_OPTIONS = replace(
    Kind(
        name="ClusterOptions",
        plural="clusteroptions",
        short=("co",),
        namespaced=False,
        guest=False,
        rank=5,
        fields=(*worded(_FIELDS, _WORDS), natural.RAW),
        api=_PATH,
        always=True,
    ),
    identifier=identifier,
    observe=observe,
    steps=steps,
    listing=listing,
    refuse=refuse,
    check=check,
)
