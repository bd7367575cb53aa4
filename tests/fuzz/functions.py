"""The signatures of the functions that a template can call: what goes in, what comes out.

One line a function, ``name: parameters -> result``; a letter is a type (see ``operands.py``), ``*`` makes the last one
repeat, ``!`` says that nothing else may stand there: with another type Helm itself answers by chance (the present
time) or takes all memory. Functions that are random, slow or depend on the time are called by shape, at the end.
"""

from __future__ import annotations

from dataclasses import dataclass

SIGNATURES = """
and: aa* -> a
or: aa* -> a
not: a -> b
eq: ee* -> b
ne: ee -> b
lt: ee -> b
le: ee -> b
gt: ee -> b
ge: ee -> b
len: l -> i
index: lI -> a
index: dk -> a
index: dkk -> a
slice: li -> l
slice: lii -> l
print: a* -> s
println: a* -> s
printf: pa* -> s
html: a* -> s
js: a* -> s
urlquery: a* -> s
call: a -> a
call: aaa -> a
abbrev: is -> s
abbrevboth: iis -> s
trunc: is -> s
trim: s -> s
upper: s -> s
lower: s -> s
title: s -> s
untitle: s -> s
substr: iis -> s
repeat: n!s -> s
trimall: ss -> s
trimAll: ss -> s
trimSuffix: ss -> s
trimPrefix: ss -> s
nospace: s -> s
initials: s -> s
swapcase: s -> s
snakecase: w -> s
camelcase: w -> s
kebabcase: w -> s
wrap: ns -> s
wrapWith: nss -> s
contains: ss -> b
hasPrefix: ss -> b
hasSuffix: ss -> b
quote: a* -> s
squote: a* -> s
cat: a* -> s
indent: n!s -> s
nindent: n!s -> s
replace: sss -> s
plural: ssi -> s
sha1sum: s -> s
sha256sum: s -> s
sha512sum: s -> s
adler32sum: s -> s
toString: a -> s
atoi: z -> i
int64: x -> i
int: x -> i
float64: x -> f
seq: n!n!n! -> s
seq: n!n! -> s
seq: n! -> s
toDecimal: x -> i
split: ss -> d
splitList: ss -> l
splitn: sns -> d
toStrings: l -> l
until: n! -> l
untilStep: n!n!n! -> l
add1: x -> i
add: x* -> i
sub: xx -> i
div: xx -> i
mod: xx -> i
mul: xx* -> i
add1f: x -> f
addf: xx* -> f
subf: xx* -> f
divf: xx -> f
mulf: xx* -> f
biggest: xx* -> i
max: xx* -> i
min: xx* -> i
maxf: xx* -> f
minf: xx* -> f
ceil: x -> f
floor: x -> f
round: xn -> f
round: xnf -> f
join: sl -> s
sortAlpha: l -> l
default: aa -> a
empty: a -> b
coalesce: a* -> a
all: a* -> b
any: a* -> b
compact: l -> l
mustCompact: l -> l
fromJson: j -> a
toJson: a -> s
toPrettyJson: a -> s
toRawJson: a -> s
mustFromJson: j -> a
mustToJson: a -> s
mustToPrettyJson: a -> s
mustToRawJson: a -> s
ternary: aab -> a
deepCopy: d -> d
mustDeepCopy: d -> d
deepCopy: l -> l
typeOf: a -> s
typeIs: Ta -> b
typeIsLike: Ta -> b
kindOf: a -> s
kindIs: Ka -> b
deepEqual: aa -> b
base: P -> s
dir: P -> s
clean: P -> s
ext: P -> s
isAbs: P -> b
osBase: P -> s
osClean: P -> s
osDir: P -> s
osExt: P -> s
osIsAbs: P -> b
b64enc: s -> s
b64dec: B -> s
b32enc: s -> s
b32dec: B -> s
tuple: a* -> l
list: a* -> l
dict: kakaka -> d
dict: kaka -> d
dict: ka -> d
dict: a* -> d
get: dk -> a
set: dka -> d
unset: dk -> d
hasKey: dk -> b
pluck: kdd -> l
pick: dkk -> d
omit: dkk -> d
merge: dd -> d
merge: ddd -> d
mergeOverwrite: dd -> d
mergeOverwrite: ddd -> d
mustMerge: dd -> d
mustMergeOverwrite: dd -> d
append: la -> l
push: la -> l
mustAppend: la -> l
mustPush: la -> l
prepend: la -> l
mustPrepend: la -> l
first: l -> a
mustFirst: l -> a
rest: l -> l
mustRest: l -> l
last: l -> a
mustLast: l -> a
initial: l -> l
mustInitial: l -> l
reverse: l -> l
mustReverse: l -> l
uniq: l -> l
mustUniq: l -> l
without: laa -> l
mustWithout: la -> l
has: al -> b
mustHas: al -> b
mustSlice: lnn -> l
concat: ll* -> l
dig: kad -> a
dig: kkad -> a
chunk: nl -> l
mustChunk: nl -> l
semver: v -> V
semverCompare: cv -> b
fail: s -> s
required: sa -> a
regexMatch: rs -> b
mustRegexMatch: rs -> b
regexFindAll: rsn -> l
mustRegexFindAll: rsn -> l
regexFind: rs -> s
mustRegexFind: rs -> s
regexReplaceAll: rsR -> s
mustRegexReplaceAll: rsR -> s
regexReplaceAllLiteral: rsR -> s
mustRegexReplaceAllLiteral: rsR -> s
regexSplit: rsn -> l
mustRegexSplit: rsn -> l
regexQuoteMeta: s -> s
urlParse: u -> d
urlJoin: U -> s
hello: -> s
date: y!t! -> s
dateInZone: y!t!Z -> s
date_in_zone: y!t!Z -> s
htmlDate: t! -> s
htmlDateInZone: t!Z -> s
dateModify: hm -> m
date_modify: hm -> m
mustDateModify: hm -> m
must_date_modify: hm -> m
toDate: yD -> m
mustToDate: yD -> m
unixEpoch: m -> s
duration: x -> s
duration: z -> s
durationRound: H! -> s
toYaml: a -> s
toYamlPretty: a -> s
fromYaml: Y -> d
fromYamlArray: Y -> l
fromJsonArray: j -> l
toToml: d -> s
fromToml: o! -> d
include: Na -> s
tpl: Ea -> s
lookup: ssss -> d
getHostByName: s -> s
"""

BY_SHAPE = (
    "(keys {d} | sortAlpha)",
    "(keys {d} {d} | uniq | sortAlpha)",
    "(values {d} | sortAlpha)",
    "(len (shuffle {s}))",
    "(randAlphaNum 7 | len)",
    "(randAlpha 5 | len)",
    "(randAscii 9 | len)",
    "(randNumeric 4 | len)",
    "(randInt 3 4)",
    "(randBytes 6 | b64dec | len)",
    "(uuidv4 | len)",
    "(uuidv4 | regexMatch `^[0-9a-f]{{8}}-[0-9a-f]{{4}}-4[0-9a-f]{{3}}-[89ab][0-9a-f]{{3}}-[0-9a-f]{{12}}$`)",
    "(now | kindOf)",
    "(ago now | typeOf)",
    "(now | date `2006` | len)",
    "(typeOf (htmlDate now))",
    "(decryptAES {s} (encryptAES {s} {s} | b64dec | b64enc) | kindOf)",
    "(decryptAES `secretkey` (encryptAES `secretkey` {s}))",
)
SLOW_BY_SHAPE = (
    "(bcrypt {s} | len)",
    "(htpasswd {s} {s} | kindOf)",
    '(derivePassword 1 "long" {s} {s} {s})',
    '(derivePassword {i} "pin" {s} {s} {s})',
    '(genPrivateKey "ecdsa" | trunc 30)',
    '(genPrivateKey "ed25519" | trunc 30)',
    "(genPrivateKey {s} | trunc 30)",
    "((genSelfSignedCert {s} nil nil 365).Cert | trunc 27)",
    "((genCA {s} 3).Key | trunc 31)",
    '(genSignedCert "a" (list "127.0.0.1") (list "b") 365 (genCA "c" 10)).Cert | kindOf',
)


@dataclass(frozen=True, slots=True)
class Parameter:
    type: str
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    name: str
    parameters: tuple[Parameter, ...]
    repeats: bool
    result: str


def _signature(line):
    name, _, rest = line.partition(":")
    given, _, result = rest.partition("->")
    given = given.strip()
    repeats = given.endswith("*")
    parameters = []
    for letter in given.rstrip("*"):
        if letter == "!":
            parameters[-1] = Parameter(parameters[-1].type, strict=True)
        else:
            parameters.append(Parameter(letter))
    return Signature(name, tuple(parameters), repeats, result.strip())


FUNCTIONS = tuple(_signature(line) for line in SIGNATURES.strip().splitlines())
BY_RESULT = {
    result: tuple(f for f in FUNCTIONS if f.result == result and f.name not in ("fail", "call", "required"))
    for result in {f.result for f in FUNCTIONS}
}
