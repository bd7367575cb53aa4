"""A realm: where users are authenticated. Never touches pam and pve beyond what a manifest says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Change, Column, Kind
from pxhelm.resource.model import Existence
from pxhelm.resource.normal import Normal, ShorthandError
from pxhelm.resource.words import worded

_BUILT_IN = ("pam", "pve")


def _line(path: str, wire: str) -> Field:
    return Field(path, "line", wire)


def _flag(path: str, wire: str, *, default: bool | None = False) -> Field:
    return Field(path, "bool", wire, default=default)


_WORDS = """
type                         how users prove who they are
default                      chosen in the login window
autocreate                   make a user at the first login
tfa.type                     second factor that is required
tfa.digits                   digits of a code
tfa.step                     seconds that a code lasts
tfa.id                       Yubico's id of the client
tfa.key                      Yubico's key of the client
tfa.url                      another server of Yubico's protocol
baseDN                       where users are looked for
bindDN                       account that looks for users
bindPassword                 password of that account
userAttr                     attribute that holds the name, such as uid
server1                      name or address of the server
server2                      another one if the first does not answer
port                         port of the server; by mode unless given
mode                         how the connection is encrypted
secure                       the older word for mode ldaps
verify                       check the server's certificate
caPath                       certificates of the authorities, a file or folder of the nodes
cert                         certificate of the client, a file of the nodes
certKey                      key of that certificate
sslVersion                   version of TLS
caseSensitive                Alice and alice are two users
domain                       domain of the Active Directory
filter                       filter of users when they are synchronised
groupDN                      where groups are looked for; at baseDN unless given
groupFilter                  filter of groups
groupNameAttr                attribute that holds a group's name
groupClasses                 object classes of groups
userClasses                  object classes of users
syncAttributes               which attribute is what of the user, such as email=mail
syncDefaults.scope           what is synchronised
syncDefaults.enableNew       new users may log in at once
syncDefaults.removeVanished  what goes with users that are gone, such as acl;entry;properties
issuerURL                    where the provider of OpenID Connect is
clientID                     id that the provider knows Proxmox by
clientKey                    secret of that id
usernameClaim                claim that becomes the user's name
scopes                       what is asked of the provider, such as email profile
prompt                       whether the provider asks the user again
acrValues                    how strictly the provider has to look
queryUserinfo                ask the provider for further claims
groupsClaim                  claim that holds the user's groups
groupsAutocreate             make groups that are not there
groupsOverwrite              take the user out of all other groups
audiences                    further audiences that are accepted
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "realm", effect=Effect.REPLACE, same=same_id),
    Field("type", "line", "type", effect=Effect.REPLACE, choices=("ad", "ldap", "openid", "pam", "pve")),
    Field("comment", "note", "comment", effect=Effect.METADATA, marks=True),
    _flag("default", "default"),
    _flag("autocreate", "autocreate"),
    Field("tfa.type", "line", "tfa.type", choices=("oath", "yubico")),
    Field("tfa.digits", "int", "tfa.digits", bounds=(6, 8)),
    Field("tfa.step", "int", "tfa.step", bounds=(10, None)),
    _line("tfa.id", "tfa.id"),
    _line("tfa.key", "tfa.key"),
    _line("tfa.url", "tfa.url"),
    _line("baseDN", "base_dn"),
    _line("bindDN", "bind_dn"),
    Field("bindPassword", "secret", "password", write_only=True),
    _line("userAttr", "user_attr"),
    _line("server1", "server1"),
    _line("server2", "server2"),
    Field("port", "int", "port", bounds=(1, 65535)),
    Field("mode", "line", "mode", choices=("ldap", "ldaps", "ldap+starttls"), default="ldap"),
    _flag("secure", "secure", default=None),
    _flag("verify", "verify"),
    _line("caPath", "capath"),
    _line("cert", "cert"),
    _line("certKey", "certkey"),
    Field("sslVersion", "line", "sslversion", choices=("tlsv1", "tlsv1_1", "tlsv1_2", "tlsv1_3")),
    _flag("caseSensitive", "case-sensitive", default=True),
    Field("checkConnection", "bool", "check-connection", same=lambda _path, _wanted, _live: True, kept=True,
          help="asked once, when the realm is written"),
    _line("domain", "domain"),
    _line("filter", "filter"),
    _line("groupDN", "group_dn"),
    _line("groupFilter", "group_filter"),
    _line("groupNameAttr", "group_name_attr"),
    Field("groupClasses", "list", "group_classes"),
    Field("userClasses", "list", "user_classes"),
    _line("syncAttributes", "sync_attributes"),
    Field("syncDefaults.scope", "line", "sync-defaults-options.scope", choices=("users", "groups", "both")),
    Field("syncDefaults.enableNew", "bool", "sync-defaults-options.enable-new"),
    _line("syncDefaults.removeVanished", "sync-defaults-options.remove-vanished"),
    _line("issuerURL", "issuer-url"),
    _line("clientID", "client-id"),
    Field("clientKey", "secret", "client-key", write_only=True),
    Field("usernameClaim", "line", "username-claim", effect=Effect.REPLACE),
    _line("scopes", "scopes"),
    _line("prompt", "prompt"),
    _line("acrValues", "acr-values"),
    _flag("queryUserinfo", "query-userinfo", default=True),
    _line("groupsClaim", "groups-claim"),
    _flag("groupsAutocreate", "groups-autocreate"),
    _flag("groupsOverwrite", "groups-overwrite"),
    _line("audiences", "audiences"),
)  # fmt: skip
HOME = natural.Home(
    "/access/domains",
    "realm",
    needs={
        "": ("type",),
        "ad": ("domain", "server1"),
        "ldap": ("baseDN", "server1", "userAttr"),
        "openid": ("clientID", "issuerURL"),
    },
)


def normalize(spec: Mapping[str, object]) -> Normal:
    """Return the spec with ``servers`` as the two that Proxmox knows."""
    normal = Normal(spec)
    servers = normal.pop("servers", None)
    if servers is None:
        return normal
    found = [servers] if isinstance(servers, str) else servers
    if not isinstance(found, (list, tuple)) or not 0 < len(found) <= 2:
        raise ShorthandError(("servers",), "servers must be a list of one or two names")
    for index, name in enumerate(found):
        if f"server{index + 1}" in normal:
            raise ShorthandError(("servers",), f"servers and server{index + 1} say the same thing twice")
        normal[f"server{index + 1}"] = name
        normal.origins[(f"server{index + 1}",)] = ("servers", index) if not isinstance(servers, str) else ("servers",)
    return normal


def refuse(change: Change) -> str:
    """Return why the realm cannot be had, or must stay."""
    name = REALM.identifier(change.desired) if change.desired is not None else natural.live_id(change)
    if name in _BUILT_IN and (change.desired is None or change.live.existence is Existence.ABSENT):
        if change.desired is None:
            return f"{name} is a realm of Proxmox itself, which stays: pxhelm.io/deletion-policy: Retain lets go of it"
        return f"{name} is a realm of Proxmox itself, which cannot be created"
    return natural.refuse(REALM, HOME, change)


_DEFINED = Kind(
    name="Realm",
    plural="realms",
    short=("realm",),
    namespaced=False,
    guest=False,
    rank=13,
    fields=worded(_FIELDS, _WORDS),
    normalize=normalize,
    columns=(Column("TYPE", text("type")),),
)
REALM = replace(natural.natural(_DEFINED, HOME), refuse=refuse)
