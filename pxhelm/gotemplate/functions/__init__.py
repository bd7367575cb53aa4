"""The functions templates may call, one file per family, each with its ``FUNCTIONS`` table.

No family imports another; what two families share stands in ``golang`` or beside the engine. ``include``, ``tpl``,
``required``, ``fail``, ``lookup`` and the functions of text/template itself are the engine's.
"""

from __future__ import annotations

from pxhelm.gotemplate.functions import (
    certificates,
    crypto,
    dates,
    defaults,
    dicts,
    encoding,
    lists,
    math,
    network,
    paths,
    random,
    regex,
    semver,
    serial,
    strings,
    types,
)
from pxhelm.gotemplate.signature import Function

FAMILIES = {
    "certificates": certificates.FUNCTIONS,
    "crypto": crypto.FUNCTIONS,
    "dates": dates.FUNCTIONS,
    "defaults": defaults.FUNCTIONS,
    "dicts": dicts.FUNCTIONS,
    "encoding": encoding.FUNCTIONS,
    "lists": lists.FUNCTIONS,
    "math": math.FUNCTIONS,
    "network": network.FUNCTIONS,
    "paths": paths.FUNCTIONS,
    "random": random.FUNCTIONS,
    "regex": regex.FUNCTIONS,
    "semver": semver.FUNCTIONS,
    "serial": serial.FUNCTIONS,
    "strings": strings.FUNCTIONS,
    "types": types.FUNCTIONS,
}
"""The catalogue: family to table."""

ALL: dict[str, Function] = {name: entry for table in FAMILIES.values() for name, entry in table.items()}
"""Every function by the name templates call it."""
