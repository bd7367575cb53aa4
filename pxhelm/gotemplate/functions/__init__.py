"""The functions templates may call, one file per family, each with its ``FUNCTIONS`` table.

A family is imported when a template first calls one of its functions. No family imports another; what two families
share stands in ``golang`` or beside the engine. ``include``, ``tpl``, ``required``, ``fail``, ``lookup`` and the
functions of text/template itself are the engine's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from pxhelm.gotemplate.signature import Function

FAMILIES: Mapping[str, str] = {
    "certificates": "genPrivateKey genCA genCAWithKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert"
    " genSignedCertWithKey buildCustomCert",
    "crypto": "bcrypt htpasswd derivePassword encryptAES decryptAES",
    "dates": "now ago date dateInZone date_in_zone dateModify date_modify mustDateModify must_date_modify"
    " duration durationRound htmlDate htmlDateInZone toDate mustToDate unixEpoch",
    "defaults": "default empty coalesce all any ternary",
    "dicts": "get set unset hasKey pluck keys pick omit dict merge mustMerge mergeOverwrite mustMergeOverwrite"
    " values deepCopy mustDeepCopy dig",
    "encoding": "b64enc b64dec b32enc b32dec sha1sum sha256sum sha512sum adler32sum",
    "lists": "list tuple append push mustAppend mustPush prepend mustPrepend chunk mustChunk first mustFirst"
    " last mustLast rest mustRest initial mustInitial reverse mustReverse compact mustCompact uniq"
    " mustUniq without mustWithout has mustHas slice mustSlice concat until untilStep seq",
    "math": "int int64 float64 atoi toDecimal add add1 sub mul div mod max biggest min maxf minf add1f addf"
    " subf mulf divf floor ceil round",
    "network": "urlParse urlJoin getHostByName",
    "paths": "base dir clean ext isAbs osBase osDir osClean osExt osIsAbs",
    "random": "randAlphaNum randAlpha randNumeric randAscii randInt randBytes uuidv4",
    "regex": "regexMatch mustRegexMatch regexFind mustRegexFind regexFindAll mustRegexFindAll regexReplaceAll"
    " mustRegexReplaceAll regexReplaceAllLiteral mustRegexReplaceAllLiteral regexSplit mustRegexSplit"
    " regexQuoteMeta",
    "semver": "semver semverCompare",
    "serial": "toYaml toYamlPretty fromYaml fromYamlArray toJson toPrettyJson toRawJson mustToJson"
    " mustToPrettyJson mustToRawJson fromJson fromJsonArray mustFromJson toToml fromToml",
    "strings": "abbrev abbrevboth trunc trim upper lower title untitle substr repeat trimall trimAll trimSuffix"
    " trimPrefix nospace initials swapcase shuffle snakecase camelcase kebabcase wrap wrapWith"
    " contains hasPrefix hasSuffix quote squote cat indent nindent replace plural toString toStrings"
    " join split splitn splitList sortAlpha",
    "types": "typeOf typeIs typeIsLike kindOf kindIs deepEqual hello",
}
"""The catalogue: family (its module's name) to the functions it has."""


class Catalogue(Mapping[str, Function]):
    """Functions by the name templates call them."""

    def __init__(self, families: Mapping[str, str]) -> None:
        self._family = {name: family for family, names in families.items() for name in names.split()}
        self._known: dict[str, Function] = {}

    def __getitem__(self, name: str) -> Function:
        known = self._known.get(name)
        if known is None:
            module = import_module(f"{__name__}.{self._family[name]}")
            self._known.update(module.FUNCTIONS)
            known = self._known[name]
        return known

    def __contains__(self, name: object) -> bool:
        return name in self._family

    def __iter__(self) -> Iterator[str]:
        return iter(self._family)

    def __len__(self) -> int:
        return len(self._family)


ALL = Catalogue(FAMILIES)
"""Every function."""
