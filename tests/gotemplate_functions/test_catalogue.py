"""The catalogue of template functions."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from pxhelm.gotemplate import functions

HELM_OWN = """
toYaml toYamlPretty fromYaml fromYamlArray toJson fromJson fromJsonArray toToml fromToml
""".split()  # noqa: SIM905  a list of words reads better
SPRIG = """
abbrev abbrevboth add add1 add1f addf adler32sum ago all any append atoi b32dec b32enc b64dec b64enc base bcrypt
biggest buildCustomCert camelcase cat ceil chunk clean coalesce compact concat contains date dateInZone
dateModify date_in_zone date_modify decryptAES deepCopy deepEqual default derivePassword dict dig dir div divf
duration durationRound empty encryptAES ext first float64 floor fromJson genCA genCAWithKey genPrivateKey
genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey get getHostByName has hasKey
hasPrefix hasSuffix hello htmlDate htmlDateInZone htpasswd indent initial initials int int64 isAbs join
kebabcase keys kindIs kindOf last list lower max maxf merge mergeOverwrite min minf mod mul mulf mustAppend
mustChunk mustCompact mustDateModify mustDeepCopy mustFirst mustFromJson mustHas mustInitial mustLast mustMerge
mustMergeOverwrite mustPrepend mustPush mustRegexFind mustRegexFindAll mustRegexMatch mustRegexReplaceAll
mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse mustSlice mustToDate mustToJson mustToPrettyJson
mustToRawJson mustUniq mustWithout must_date_modify nindent nospace now omit osBase osClean osDir osExt osIsAbs
pick pluck plural prepend push quote randAlpha randAlphaNum randAscii randBytes randInt randNumeric regexFind
regexFindAll regexMatch regexQuoteMeta regexReplaceAll regexReplaceAllLiteral regexSplit repeat replace rest
reverse round semver semverCompare seq set sha1sum sha256sum sha512sum shuffle slice snakecase sortAlpha split
splitList splitn squote sub subf substr swapcase ternary title toDate toDecimal toJson toPrettyJson toRawJson
toString toStrings trim trimAll trimPrefix trimSuffix trimall trunc tuple typeIs typeIsLike typeOf uniq
unixEpoch unset until untilStep untitle upper urlJoin urlParse uuidv4 values without wrap wrapWith
""".split()  # noqa: SIM905  a list of words reads better
GO_TYPES = {
    "interface {}", "string", "int", "uint32", "float64", "bool", "map[string]interface {}", "[]interface {}",
    "time.Time", "sprig.certificate",
}  # fmt: skip


def test_every_function_that_helm_offers_is_there():
    assert set(functions.ALL) >= {*SPRIG, *HELM_OWN}


def test_nothing_reads_the_environment():
    assert not {"env", "expandenv"} & set(functions.ALL)


def test_no_name_stands_in_two_families():
    assert sum(len(names.split()) for names in functions.FAMILIES.values()) == len(functions.ALL)


@pytest.mark.parametrize("family", functions.FAMILIES)
def test_the_catalogue_names_what_a_family_has(family):
    module = import_module(f"pxhelm.gotemplate.functions.{family}")
    assert set(module.FUNCTIONS) == set(functions.FAMILIES[family].split())


def test_every_family_file_is_in_the_catalogue():
    files = {path.stem for path in Path(functions.__file__).parent.glob("[a-z]*.py")}
    assert files == set(functions.FAMILIES)


@pytest.mark.parametrize("name", sorted(functions.ALL))
def test_a_function_is_documented_and_typed(name):
    entry = functions.ALL[name]
    assert re.match(r"[A-Z].*\.", entry.call.__doc__ or "")
    assert {*entry.params, *filter(None, [entry.variadic])} <= GO_TYPES
