"""Texts put together by the grammar of a small language: layouts, versions, ranges, JSON, TOML."""

from __future__ import annotations

ELEMENTS = (
    "2006", "06", "01", "1", "Jan", "January", "02", "2", "_2", "002", "__2", "15", "3", "03", "4", "04", "5", "05", "PM", "pm", "Mon", "Monday", "MST",
    "-0700", "-07:00", "-07", "-070000", "-07:00:00", "Z0700", "Z07:00", "Z07", "Z070000", "Z07:00:00", ".000", ".999", ",00", ".9", "_2006",
)  # fmt: skip
WRITTEN = {
    "2006": ("2024", "0001", "9999", "202", "+024"), "06": ("24", "69", "68", "-1", "+5"), "01": ("02", "13", "00", "2"), "1": ("2", "12", "0"), "Jan": ("Feb", "feb", "FEBRUARY", "x"),
    "January": ("February", "Feb", "JUNE"), "02": ("29", "30", "31", "00"), "2": ("9", "32"), "_2": (" 9", "29"), "002": ("060", "366", "000"), "__2": (" 60", "  1", "366"), "15": ("0", "23", "24", "5"),
    "3": ("12", "13", "1"), "03": ("03", "3"), "4": ("59", "60"), "04": ("07", "7"), "5": ("59", "60", "5.25"), "05": ("09", "9", "07.123456789123", "01,5"), "PM": ("PM", "AM", "pm"), "pm": ("pm", "am", "PM"),
    "Mon": ("Tue", "tue", "Tuesday", "x"), "Monday": ("Tuesday", "Tue"), "MST": ("UTC", "CET", "CEST", "GMT+5", "GMT-12", "+03", "-3", "WITA", "ChST", "x", "ABCDE", "EST"),
    "-0700": ("+0200", "-2400", "+2561", "0000"), "-07:00": ("+02:00", "-00:30", "+1:00"), "-07": ("+02", "-25"), "-070000": ("+010203",), "-07:00:00": ("-01:02:03", "+01:02:61"),
    "Z0700": ("Z", "+0200"), "Z07:00": ("Z", "-03:30", "+02:60"), "Z07": ("Z", "+02", "99"), "Z070000": ("Z", "-010203"), "Z07:00:00": ("Z", "+01:02:03"), ".000": (".123", ".1", ".-12", ",999"), ".999": (".5", "", ".123456789012"),
    ",00": (",25", ".25", ",2"), ".9": (".1", "x"), "_2006": ("_2024",),
}  # fmt: skip
BETWEEN = ("-", "/", " ", ":", "", "T", ", ", "x", "é", "  ", ".", "Jane", "Z")


def layout(random, *, example=False):
    """Return a layout, or a text that may fit one."""
    out = []
    for _ in range(random.randrange(1, 6)):
        element = random.choice(ELEMENTS)
        out += [random.choice(WRITTEN[element]) if example else element, random.choice(BETWEEN)]
    return "".join(out[:-1])


SIGNS = (
    *"{}[]()<>,:;=.+-*/\\|&!?#%@~^$'\"`_ \n\t", "0", "1", "9", "a", "é", "\x01", "\u2028", "\x85", "  ", "\r\n", "\ufeff", "true", "null", "||", "- ", ": ", "\n  ",
    "(?", "(?i", "(?P<", "[^", "[[:", ":]", "\\Q", "\\E", "\\p{", "\\x{", "{2}", "{,", "*?", "%41", "%zz", "&a ", "*a", "!!str ", "|2\n", "---\n", "<<: ", "[[", '"""', "\\u00e9", "[0]", "{a,",
)  # fmt: skip
"""What grammars have signs for, or stumble over."""


def mutated(random, text):
    """Return a text with some signs put in, lost or doubled: what a reader says of a text that is nearly right."""
    for _ in range(random.choice((1, 1, 2, 3))):
        at = random.randrange(len(text) + 1)
        roll = random.random()
        if roll < 0.5:
            text = text[:at] + random.choice(SIGNS) + text[at:]
        elif roll < 0.75:
            text = text[:at] + text[at + random.randrange(1, 4) :]
        elif roll < 0.9:
            text = text[:at] + text[max(0, at - random.randrange(1, 12)) : at] + text[at:]
        else:
            text = text[:at] + text[at : at + 1] + text[at:]
    return text


def _number(random):
    return random.choice(("0", "1", "2", "3", "10", "01", "99", "x", "*", ""))


def version(random):
    """Return a semantic version, a wrong one at times."""
    text = random.choice(("", "", "", "v", "V", "=", " ")) + ".".join(
        random.choice("0123") for _ in range(random.choice((3, 3, 3, 3, 2, 1, 4)))
    )
    if random.random() < 0.35:
        text += "-" + random.choice(
            ("alpha", "rc.1", "rc.1.x", "1", "01", "0", "a..b", "", "beta-2", "x.7.z", "é", "alpha.10", "alpha.9")
        )
    if random.random() < 0.2:
        text += "+" + random.choice(("b", "b.1", "", "01", "é"))
    return text


def version_range(random):
    """Return a range of versions, a wrong one at times."""
    alternatives = []
    for _ in range(random.choice((1, 1, 1, 2))):
        parts = []
        for _ in range(random.choice((1, 1, 2))):
            sign = random.choice(("", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^", "==", "!"))
            number = (
                version(random)
                if random.random() < 0.5
                else ".".join(_number(random) for _ in range(random.randrange(1, 4)))
            )
            parts.append(sign + random.choice(("", "", " ")) + number)
        joint = random.choice((",", ", ", " ", " , ", "  "))
        if random.random() < 0.15:
            parts, joint = [version(random), version(random)], random.choice((" - ", "-", " -  "))
        alternatives.append(joint.join(parts))
    return random.choice((" || ", "||", "|")).join(alternatives)


NUMERALS = ("0", "-0", "1", "-1", "1.0", "1.5e3", "1E400", "1e-400", "12345678901234567890", "9007199254740993", "0.1", "1e21", "1e20", "100000000000000000000000", "-1.5E-7", "01", "1.", ".5", "+1", "0x1", "1e", "--1")  # fmt: skip
BASES = (
    ("", "0123456789"),
    ("", "0123456789"),
    ("0", "01234567"),
    ("0x", "0189aFx"),
    ("0X", "1f"),
    ("0b", "012"),
    ("0B", "1"),
    ("0o", "0178"),
)
"""Prefixes of numbers and the digits behind them, wrong ones among them."""
LIMITS = ("9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "9007199254740993")  # fmt: skip


def numeral(random):
    """Return a number as Go, YAML, JSON or TOML might spell one, a wrong one at times."""
    if random.random() < 0.1:
        return random.choice(("", "-", "+")) + random.choice(LIMITS) + random.choice(("", "", ".5", "e0", "i"))
    base, digits = random.choice(BASES)

    def some(of=digits):
        return "".join(random.choice(of) + random.choice(("", "", "", "", "", "_")) for _ in range(random.randrange(4)))

    made = random.choice(("", "", "-", "+")) + base + random.choice(("", "", "", "_", "-")) * (base != "") + some()
    if random.random() < 0.3:
        made += "." + some()
    if random.random() < 0.3:
        made += random.choice("eEpP") + random.choice(("", "-", "+")) + some("0123456789")
    if random.random() < 0.1:
        made += random.choice(("i", f"+{some()}i", f"-{numeral(random)}i", "+i"))
    return made


STRINGS = ('""', '"a"', '"\\u00e9"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\n\\t\\/"', '"é"', '"\\x"', '"\\u12"', '"<&>"', '"\\u2028"', '"\x7f"', '"\t"', '"', "'a'", '"a" "b"')  # fmt: skip


def json_text(random, depth=3):
    """Return JSON, wrong at times."""
    roll = random.random()
    space = random.choice(("", "", " ", "\n"))
    if depth and roll < 0.3:
        items = [json_text(random, depth - 1) for _ in range(random.randrange(4))]
        return f"[{space}{random.choice((',', ', ')).join(items)}{random.choice(('', '', '', ',')) if items and random.random() < 0.1 else ''}]"
    if depth and roll < 0.65:
        pairs = [
            f"{random.choice((*STRINGS[:7], 'a'))}:{space}{json_text(random, depth - 1)}"
            for _ in range(random.randrange(4))
        ]
        return f"{{{', '.join(pairs)}{space}}}{random.choice(('', '', '', '', '', '}', ' x', '{}')) if random.random() < 0.1 else ''}"
    if roll < 0.8:
        return random.choice(NUMERALS)
    return random.choice(STRINGS) if roll < 0.93 else random.choice(("true", "false", "null", "nul", "True", "", "NaN"))


TOML_KEYS = ("a", "b", "c", "a.b", "a.c", '"q k"', "'l'", "1", "é", '""', "a-b", "a . b")
TOML_VALUES = (
    "1", "-0", "+1", "1_000", "0x1F", "0o17", "0b101", "1.5", "1e3", "1_0.5", "inf", "-nan", "true", "false", '"s"', '"\\u00e9\\n"', "'l\\n'", '"""m\nn"""', "'''m\nn'''", '"""\\\n  x"""',
    "1979-05-27", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00.5", "07:32:00", "1979-05-27T00:32:00-07:00", "[1, 2]", "[]", "[1, 'a',]", "[[1], ['x']]", "{x = 1}", "{}", "[{x = 1}, {y = 2}]", "{a.b = 1}",
    "01", "1__0", "", "x", "[1", '"a', "{x = 1,}", "1.", ".5", "'a' 'b'", "9223372036854775808", '"\\q"',
)  # fmt: skip


def toml_text(random):
    """Return TOML, wrong at times."""
    lines = []
    for _ in range(random.randrange(1, 5)):
        roll = random.random()
        if roll < 0.7:
            wrong = random.random() < 0.15
            lines.append(f"{random.choice(TOML_KEYS)} = {random.choice(TOML_VALUES if wrong else TOML_VALUES[:33])}")
        elif roll < 0.85:
            lines.append(f"[{random.choice(TOML_KEYS)}]")
        elif roll < 0.95:
            lines.append(f"[[{random.choice(TOML_KEYS)}]]")
        else:
            lines.append(
                random.choice(("# c", "", "a", "[", "[]", "[[a]", "= 1", "a = 1 b = 2", "a = 1 # c", "\ta = 1"))
            )
    return "\n".join(lines) + random.choice(("", "\n"))
