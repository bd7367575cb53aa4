r"""What Go's regexp/syntax (parse.go) refuses of a pattern, in its words; RE2 refuses other things, or says it otherwise.

Never matches. What Go takes is handed on for RE2, with names of Unicode's classes as RE2 spells them: since Go 1.25
``\p{greek}`` and ``\p{Letter}`` are names, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_BYTE: Final = re.compile("[\udc80-\udcff]")
_MOST: Final = 1000
"""How often a part may be repeated, repeats in repeats counted together."""
_REPEAT: Final = re.compile(r"\{(0|[1-9][0-9]*)(?:(,)(0|[1-9][0-9]*)?)?\}")
_FLAGS: Final = re.compile(r"\(\?(?:[imsU]*(?:-[imsU]+)?)[:)]")
_GO_GROUP: Final = re.compile(r"\(\?P?<(?=.)", re.DOTALL)
_HEX: Final = "0123456789abcdefABCDEF"
_POSIX: Final = re.compile(
    r"\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]"
)
_ALIASES: Final = {
    "Closepunctuation": "Pe", "Combiningmark": "M", "Connectorpunctuation": "Pc", "Control": "Cc", "Currencysymbol": "Sc", "Dashpunctuation": "Pd", "Decimalnumber": "Nd", "Enclosingmark": "Me",
    "Finalpunctuation": "Pf", "Format": "Cf", "Initialpunctuation": "Pi", "Letter": "L", "Letternumber": "Nl", "Lineseparator": "Zl", "Lowercaseletter": "Ll", "Mark": "M", "Mathsymbol": "Sm",
    "Modifierletter": "Lm", "Modifiersymbol": "Sk", "Nonspacingmark": "Mn", "Number": "N", "Openpunctuation": "Ps", "Other": "C", "Otherletter": "Lo", "Othernumber": "No", "Otherpunctuation": "Po",
    "Othersymbol": "So", "Paragraphseparator": "Zp", "Privateuse": "Co", "Punctuation": "P", "Separator": "Z", "Spaceseparator": "Zs", "Spacingmark": "Mc", "Surrogate": "Cs", "Symbol": "S",
    "Titlecaseletter": "Lt", "Uppercaseletter": "Lu", "Cntrl": "Cc", "Digit": "Nd", "Punct": "P",
}  # fmt: skip
"""Other names of categories (unicode.CategoryAliases), as they are looked up."""


class RegexpError(ValueError):
    """A pattern that Go refuses; the text is Go's."""


def _refused(problem: str, shown: str) -> RegexpError:
    return RegexpError(f"error parsing regexp: {problem}: `{shown}`")


@dataclass(slots=True)
class _Repeat:
    """A part that is repeated so often, with the repeats in it."""

    times: int
    inner: list[_Repeat]

    def fits(self, most: int) -> bool:
        """Whether all in it is repeated at most so often."""
        return self.times <= most and all(each.fits(most // self.times) for each in self.inner)


@dataclass(slots=True)
class _Group:
    """An open group: the repeats in what is before its last part, and in that; None when nothing can be repeated."""

    before: list[_Repeat] = field(default_factory=list)
    last: list[_Repeat] | None = None

    def push(self, inner: list[_Repeat]) -> None:
        self.bar()
        self.last = inner

    def bar(self) -> None:
        if self.before:
            self.before += self.last or []
        else:
            self.before = self.last or []
        self.last = None


def checked(pattern: str) -> str:
    """Return a pattern that Go takes as RE2 is to be given it; RegexpError for one that Go refuses."""
    return _Parser(pattern).run()


class _Parser:
    """One pass over a pattern, in the order of Go's."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.groups = [_Group()]
        self.renamed: list[tuple[int, int, str]] = []
        """What is to be spelled otherwise: from, to, how."""
        self.no_posix = False
        """Whether no name of POSIX ends any more."""

    def run(self) -> str:
        repeated = -1
        while self.at < len(self.text):
            start, char = self.at, self.text[self.at]
            is_repeat = self._repeat(char, repeated) if char in "*+?{" else False
            if not is_repeat:
                self._part(char)
            repeated = (start if repeated < 0 or not is_repeat else repeated) if is_repeat else -1
        if len(self.groups) > 1:
            raise _refused("missing closing )", self.text)
        out, at = [], 0
        for start, end, name in self.renamed:
            out += [self.text[at:start], name]
            at = end
        return "".join((*out, self.text[at:]))

    def _part(self, char: str) -> None:
        group = self.groups[-1]
        if char == "(":
            self._open()
        elif char == ")":
            self._close()
        elif char == "|":
            group.bar()
            self.at += 1
        elif char == "[":
            self._class()
            group.push([])
        elif char == "\\":
            self._escape()
        else:
            self._rune()
            group.push([])

    def _rune(self) -> str:
        """Take a character; at the end there is, to Go, one that is none."""
        if self.at == len(self.text):
            return "\ufffd"
        char = self.text[self.at]
        if _BYTE.match(char):
            raise _refused("invalid UTF-8", self.text[self.at :])
        self.at += 1
        return char

    def _check_utf8(self, text: str) -> None:
        if found := _BYTE.search(text):
            raise _refused("invalid UTF-8", text[found.start() :])

    # repetition

    def _repeat(self, char: str, repeated: int) -> bool:
        """Read an operator of repetition; False when the brace is none."""
        start = self.at
        least = most = 0
        if char == "{":
            found = _REPEAT.match(self.text, start)
            if found is None:
                return False
            least = int(found[1][:5])
            most = -1 if found[2] and found[3] is None else int((found[3] or found[1])[:5])
            if max(least, most) > _MOST or 0 <= most < least:
                raise _refused("invalid repeat count", found[0])
            self.at = found.end()
        else:
            self.at += 1
        if self.text[self.at : self.at + 1] == "?":
            self.at += 1
        if repeated >= 0:
            raise _refused("invalid nested repetition operator", self.text[repeated : self.at])
        group = self.groups[-1]
        if group.last is None:
            raise _refused("missing argument to repetition operator", self.text[start : self.at])
        if char == "{":
            times = least if most < 0 else most
            if most == 0:
                group.last = []
            elif max(least, most) >= 2:
                repeat = _Repeat(times, group.last)
                if not repeat.fits(_MOST):
                    raise _refused("invalid repeat count", self.text[start : self.at])
                group.last = [repeat]
        return True

    # groups

    def _open(self) -> None:
        if len(self.groups) > _MOST:
            raise _refused("expression nests too deeply", self.text)
        if not self.text.startswith("(?", self.at):
            self.at += 1
            self.groups.append(_Group())
            return
        named = _GO_GROUP.match(self.text, self.at)
        if named:
            self._named(named.end())
            return
        found = _FLAGS.match(self.text, self.at)
        if found is None:
            raise self._bad_flags()
        self.at = found.end()
        if found[0][-1] == ":":
            self.groups.append(_Group())

    def _named(self, start: int) -> None:
        end = self.text.find(">", self.at)
        if end < 0:
            self._check_utf8(self.text[self.at :])
            raise _refused("invalid named capture", self.text[self.at :])
        name = self.text[start:end]
        self._check_utf8(name)
        if re.fullmatch(r"[A-Za-z0-9_]+", name) is None:
            raise _refused("invalid named capture", self.text[self.at : end + 1])
        self.at = end + 1
        self.groups.append(_Group())

    def _bad_flags(self) -> RegexpError:
        start = self.at
        self.at += 2
        minus = flagged = False
        while self.at < len(self.text):
            char = self._rune()
            if char == "-" and not minus:
                minus, flagged = True, False
            elif char in "imsU":
                flagged = True
            elif char not in ":)" or (minus and not flagged):
                break
        return _refused("invalid or unsupported Perl syntax", self.text[start : self.at])

    def _close(self) -> None:
        if len(self.groups) == 1:
            raise _refused("unexpected )", self.text)
        inner = self.groups.pop()
        inner.bar()
        self.groups[-1].push(inner.before)
        self.at += 1

    # escapes and classes

    def _escape(self) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        group = self.groups[-1]
        if following == "Q":
            end = self.text.find("\\E", self.at + 2)
            quoted = self.text[self.at + 2 : end if end >= 0 else None]
            self._check_utf8(quoted)
            if quoted:
                group.push([])
            self.at = end + 2 if end >= 0 else len(self.text)
            return
        if following == "C":
            raise _refused("invalid escape sequence", "\\C")
        if following and following in "AbBzdDsSwW":
            self.at += 2
        elif following and following in "pP":
            self._unicode()
        else:
            self._character()
        group.push([])

    def _unicode(self) -> None:
        start = self.at
        self.at += 2
        if self._rune() == "{":
            end = self.text.find("}", start)
            if end < 0:
                self._check_utf8(self.text[start:])
                raise _refused("invalid character class range", self.text[start:])
            self._check_utf8(self.text[start + 3 : end])
            self.at = end + 1
            name = self.text[start + 3 : end]
        else:
            name = self.text[start + 2 : self.at]
        bare = name.removeprefix("^")
        known = _canonical(bare)
        known = _ALIASES.get(known, known)
        if not _is_class(known):
            raise _refused("invalid character class range", self.text[start : self.at])
        if known != bare:
            sign = "^" if name.startswith("^") else ""
            self.renamed.append((start + 2, self.at, f"{{{sign}{known}}}"))

    def _character(self) -> str:
        """Read an escaped character and return it."""
        start = self.at
        self.at += 1
        if self.at == len(self.text):
            raise _refused("trailing backslash at end of expression", "")
        char = self._rune()
        if char < "\x80" and not char.isalnum():
            return char
        if char == "0" or (char in "1234567" and self.text[self.at : self.at + 1] in tuple("01234567")):
            found = re.compile(r"[0-7]{1,3}").match(self.text, start + 1)
            assert found
            self.at = found.end()
            return chr(int(found[0], 8))
        if char == "x" and (code := self._hexadecimal()) is not None:
            return chr(code)
        if char in "afnrtv":
            return {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}[char]
        raise _refused("invalid escape sequence", self.text[start : self.at])

    def _hexadecimal(self) -> int | None:
        """Read the digits behind an x; None, with the place where Go gives up, for none."""
        if self.at == len(self.text):
            return None
        first = self._rune()
        if first != "{":
            second = self._rune()
            return int(first + second, 16) if first in _HEX and second in _HEX else None
        code, count = 0, 0
        while self.at < len(self.text):
            char = self._rune()
            if char == "}":
                return code if count else None
            if char not in _HEX:
                return None
            code = code * 16 + int(char, 16)
            if code > 0x10FFFF:
                return None
            count += 1
        return None

    def _class(self) -> None:
        start = self.at
        self.at += 1
        if self.text.startswith("^", self.at):
            self.at += 1
        first = True
        while first or not self.text.startswith("]", self.at):
            first = False
            rest = self.text[self.at : self.at + 2]
            end = self._posix_end() if rest == "[:" and len(self.text) > self.at + 2 else -1
            if end >= 0:
                name = self.text[self.at : end + 2]
                if not _POSIX.fullmatch(name):
                    raise _refused("invalid character class range", name)
                self.at = end + 2
            elif rest[:1] == "\\" and rest[1:] in ("p", "P"):
                self._unicode()
            elif rest[:1] == "\\" and rest[1:] in tuple("dDsSwW"):
                self.at += 2
            else:
                self._range(start)
        self.at += 1

    def _posix_end(self) -> int:
        """Return where a name of POSIX ends, -1 for nowhere: looked for once in a pattern, which may be hostile."""
        if not self.no_posix:
            end = self.text.find(":]", self.at + 2)
            self.no_posix = end < 0
            return end
        return -1

    def _range(self, whole: int) -> None:
        start = self.at
        low = self._class_character(whole)
        if self.text.startswith("-", self.at) and self.text[self.at + 1 : self.at + 2] not in ("", "]"):
            self.at += 1
            if self._class_character(whole) < low:
                raise _refused("invalid character class range", self.text[start : self.at])

    def _class_character(self, whole: int) -> str:
        if self.at == len(self.text):
            raise _refused("missing closing ]", self.text[whole:])
        return self._character() if self.text[self.at] == "\\" else self._rune()


def _canonical(name: str) -> str:
    """Return a class's name as Go looks it up: one capital, no separators."""
    bare = re.sub("[_ -]", "", name)
    lowered = "".join(c.lower() if "A" <= c <= "Z" else c for c in bare[1:])
    return (bare[:1].upper() if bare[:1].isascii() else bare[:1]) + lowered


def _is_class(name: str) -> bool:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(f"\\p{{{name}}}".encode(), options)
    except re2.error:
        return False
    return True
