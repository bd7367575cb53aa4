"""The words that inputs are made of: odd forms of everything that Helm reads."""

from __future__ import annotations

TEXTS = (
    "", " ", "a", "abc", "A b C", "foo bar baz", "Hello, World!", "éa日本😀", "ß", "ǆabc", "İx", "x\ny", "l1\nl2\n", "\n", "\t\tx ", "a\r\nb",
    'a"b\\c', "it's", "<a & 'b'>", "%d", "{{ .x }}", "null", "true", "yes", "~", "1", "1.5", "1e3", "0x1F", "-", "- a", "a: b", "# c",
    "key:", "&a", "*a", "!t", "|", ">", "@", "`"[:0] + "%", "a, b,c", "$1", "${a}", "\\", "\\n", "\x00", "\x07\x1b", "\x7f", "\u2028", "\ufeffx",
    "0", "00", "-0", "+1", ".5", "5.", "1_000", "2024-01-02", "2024-01-02T03:04:05Z", "12:30:45", "=", "<<", "n", "y", "on", "Off", "NaN",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb cccccccccccccccccccccccc dddd", "fooBarHTTPServer2Go",
    "a.b.c", "/a/b/", "ab" * 20, "  lead", "trail  ", "x" * 90, "a\n\n b\n", " \n a", "[a]", "{b}", "a#b", "a #b", "a:b", "?", "? a", "-1", "0o7",
)  # fmt: skip
TEXT_VALUES = (
    ".Values.s", ".Values.s", ".Values.num", ".Values.e", ".Values.u", ".Values.multi", ".Values.html", ".Values.quo", ".Values.m.a.z",
    ".Release.Name", ".Chart.Name", ".Chart.Version", ".Chart.AppVersion", ".Template.Name", ".Template.BasePath", "(index .Values.ls 1)",
    '(.Files.Get "f.txt")', ".Values.date", ".Values.ver", "$.Values.s",
)  # fmt: skip
NUMBER_VALUES = (
    ".Values.i",
    ".Values.neg",
    ".Values.zero",
    ".Values.big",
    ".Values.f",
    ".Values.f0",
    ".Values.huge",
    "(index .Values.l 0)",
)
INTS = (
    "0", "1", "-1", "2", "3", "7", "10", "42", "-3", "255", "1000", "1_000", "0x1F", "0X_1f", "0b101", "0o17", "007", "-0x10", "+5", "0b1_1",
    "2147483647", "4294967296", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "99", "123456", "'a'", "'\\n'", "'é'",
    "1e3", "1E2", "0x1p4",
)  # fmt: skip
SMALL = ("0", "1", "2", "3", "4", "5", "8", "12", "-1", "-2", "-3", "0x3", "0b10", "1e1")
FLOATS = (
    "0.0", "1.0", "1.5", "-2.5", ".5", "1.", "1e6", "1e-7", "1e20", "1e21", "1e100", "-0.0", "3.14159", "100000.0", "1000000.0", "123456789.5",
    "0x1p-2", "1_0.5", "1e-5", "0.1", "2.5", "-1.5", "999999.5", "1e308", "5e-324", "0x1.8p1", "1i", "0.30000000000000004",
)  # fmt: skip
BOOLS = (
    "true",
    "false",
    ".Values.t",
    ".Values.fl",
    ".Release.IsInstall",
    ".Chart.IsRoot",
    "(not .Values.n)",
    "(eq 1 1)",
)
LIST_VALUES = (
    ".Values.l", ".Values.ls", ".Values.le", ".Values.ll", "(until 3)", '(splitList "," "b,a,c")', '(list "a" 1 nil)', ".Values.lm",
    "(list 3 1.0 2)", '(.Files.Lines "f.txt")', ".Values.mix",
)  # fmt: skip
MAP_VALUES = (
    ".Values.m", ".Values.me", ".Values.deep", '(dict "a" 1 "b" (dict "c" nil))', ".Values.nums", '(fromYaml "a: {b: 1}")', ".Values.m.a",
    "(deepCopy .Values.deep)", "(dict)", ".Values.nulls", ".Release", ".Values", ".Chart.Annotations",
)  # fmt: skip
KEYS = ("a", "b", "c", "z", "s", "missing", "a.b", "", "10", "2", "é", "a b", "y", "null", "x", "k1", "A")
WORDS = (
    "fooBar", "FooBar", "foo_bar", "foo-bar", "HTTPServer", "myHTTPServer2", "JSON2XML", "a1B2", "foo  bar", "_x_", "--a--", "ABC", "aB", "é_ü",
    "some.dotted name", "x2y", "HTTP2", "userID", "UserIDs", "1st", "a", "", "foo__bar", "FOO_BAR", "FooBAR", "fooBAR1", "100Percent", "a-B_c D",
)  # fmt: skip
NUMERALS = (
    "0", "1", "-1", "42", "010", "08", "0x1f", "1e3", "1.9", "-1.5", " 1", "1 ", "", "a", "1_000", "0b11", "0o7", "+3", "9223372036854775807",
    "9223372036854775808", "1e400", "inf", "NaN", "-0", ".5", "5.", "0x1p4", "٣", "1,5", "true", "777", "0777", "1h", "95",
)  # fmt: skip
TYPES = (
    "string",
    "int",
    "int64",
    "float64",
    "bool",
    "map[string]interface {}",
    "[]interface {}",
    "chartutil.Values",
    "*semver.Version",
    "time.Time",
    "slice",
    "<nil>",
    "[]string",
)
KINDS = ("string", "int", "int64", "float64", "bool", "map", "slice", "invalid", "ptr", "struct", "interface")
PATHS = (
    "/a/b/c.txt",
    "a//b",
    "../x",
    "",
    ".",
    "/",
    "a/./b/../c",
    "x.tar.gz",
    ".hidden",
    "a/",
    "//",
    "a.b/c",
    "../../..",
    "/..",
    "é/ü.ñ",
)
BASE64 = (
    "aGVsbG8=",
    "aGVsbG8",
    "",
    "!!!",
    "aGk=\n",
    "ORSXG5A=",
    "7777",
    "////",
    "----",
    "YQ==",
    "Y Q==",
    "gICA",
    "MFRGG===",
    "mfrgg===",
)
SHIFTS = ("1h", "-24h", "1h30m", "36h", "-1.5h", "10s", "bad", "", "1d", "100ms", "8760h", "0")
DURATIONS = ("1h", "95s", "36h", "400h", "10000h", "59s", "0", "bad", "-5m", "1h30m20s", "", "2562047h", "61", "25h")
LAYOUTS = (
    "2006-01-02", "2006-01-02T15:04:05Z07:00", "Mon Jan _2 15:04:05 2006", "02/01/06", "3:04PM", "Jan 2, 2006 at 3:04pm (MST)", "15h04", "",
    "Monday, 02-Jan-06 15:04:05 MST", "2006-01-02 15:04:05.000", "2006-002", "January", "05.999", "2006-01-02T15:04:05.999999999Z0700", "x", "03:4:5 pm",
    "20060102150405", "2006-1-2", "-07:00:00", "_2 Jan 06", "Z07", "2006-01-02 15:04:05,000", "15:04", "06", "stdJan", "__2", "1 2 3 4 5 6",
)  # fmt: skip
DATES = (
    "2024-02-29", "2023-02-29", "1999-12-31", "2024-01-02T03:04:05Z", "2024-01-02T03:04:05+02:00", "Mon Jan  2 15:04:05 2006", "02/01/06", "3:04PM",
    "bad", "", "2024-13-01", "2006-060", "0001-01-01", "9999-12-31", "15h04", "2024-01-02 03:04:05.678", "Jan 2, 2024 at 3:04pm (CET)", "12:00 am",
    "20240102030405", "2024-1-2", "31 Dec 99", "23:59", "24:00", "2024-07-15T12:00:00.123456789-0330", "January",
)  # fmt: skip
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Local",
    "",
    "Nope/Zone",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "EST",
    "GMT",
    "CET",
)
RANGES = (
    "^1.2.3", "~1.2", ">=1.2.0 <2.0.0", "1.2 - 1.4", "*", "1.x", ">1.2 || <0.5", "!=1.2.3", "=1.2.3", ">=1.0-0", "^0.0.3", "^0.2", "~0", "", "bad", "=>1", "=<2",
    "1.2.3 - 2", ">=1.2,<1.3", "~1.2.3-beta", "^1.x", "x", ">= 1.2.3-rc.1", "v1", "<1.2.3", "~>1.2", "1.2.3.4", "^", "!1", ">1.2.3-alpha <2", "01.2", ">x", "<=1.x",
)  # fmt: skip
VERSIONS = (
    "1.2.3", "v1.2.3", "1.2", "1", "1.2.3-rc.1", "1.2.3-beta+build.5", "0.0.0", "bad", "", "1.2.3.4", "01.2.3", "1.2.3-01", "v1", "10.20.30", "1.2.3+b", "2.0.0-alpha.1",
    "1.2.3-", " 1.2.3", "1.30.2-eks-x", "V1.2.3", "1.02.3", "18446744073709551615.0.0", "99999999999999999999.1.1", "1.x", "1.2.3-é", "0.2.5", "1.3.9", "1.2.3-alpha",
)  # fmt: skip
JSON = (
    "{}", "[]", "null", "1", "1.5", '"x"', '{"a": 1, "b": [true, null, "x"]}', "[1, 2.5, 1e3]", "bad", "", '{"a": 1', "[1,]", '{"a": {"b": {"c": 1e400}}}', " true ", '{"a":1,"a":2}',
    '"\\u00e9\\ud83d\\ude00"', '"\\ud800"', "1 2", "nul", "01", "-0", "1E+2", '["<&>\\u2028"]', "12345678901234567890", '"a\nb"', "'a'", '{"b":1,"a10":2,"a2":3}', "[[[]]]", "{1:2}", '"\\x"',
)  # fmt: skip
TOML = (
    "a = 1\n",
    'a = "x"\n[b]\nc = [1, 2]\n',
    "f = 1.5\nd = 1979-05-27T07:32:00Z\n",
    "[[p]]\nx = 1\n[[p]]\nx = 2\n",
    "",
    "a.b.c = true\n",
    "x = 0x1F\ny = 1_000\n",
    "s = '''a\nb'''\n",
    "i = {a = 1, b = [{}]}\n",
)
URLS = (
    "http://user:pw@host.example:8080/p/a?q=1&r=2#frag", "https://h", "/rel/path", "mailto:a@b", "//h/p", "http://[::1]:80/", "bad url", "", "http://h/%zz", "ftp://h/a%20b", "http://a b/",
    "h:80", "http://u@h?x#", "http://é.x/ü?ö", "1http://x", ":x", "http://h/a//b/../c", "file:///etc/x", "http://h:bad/", "?q", "#f", "http://%41:8/", "oci://r/c:1.2",
)  # fmt: skip
URL_KEYS = ("scheme", "host", "path", "query", "fragment", "userinfo", "opaque", "hostname")
REPLACEMENTS = ("", "x", "$1", "${1}x", "$1x", "$0", "$$", "${a}", "$", "${", "$2$1", "\\1", "<$0>")
REGEXPS = (
    "a", "[a-z]+", "^a.*z$", "(a)(b)?", "(?i)HELLO", "(?P<a>o)", "\\d+", "\\s", "\\bfoo\\b", "[[:alpha:]]+", "\\pL", "", "(", "[", "a**", "a{2,1}", "(?<n>x)", "(?=a)", "\\1", "x*", "a|b|",
    "(?s).", "(?m)^l", ".", "[^a]", "\\Qa.b\\E", "\\x41", "\\p{Greek}", "a{1001}", "(?U)a+", "\\C", "[a-", "[z-a]", "o+?", "(?:a|b)+", "\\w+", "$", "^", "\\z", "\\Z", "[\\d-x]", "\\pX", "a{,2}", "日",
)  # fmt: skip
NAMES = ("h", "args", "deep", "nope", "t/templates/b", "t/templates/_h.tpl", "", "list", "empty", "err", "self")
TEMPLATES = (
    "{{ .Values.s }}", "{{ . }}", "{{", "{{ .a.b }}", "x{{ 1 }}\n", '{{ include "h" . }}', "{{ fail `x` }}", '{{ define "q" }}Q{{ end }}{{ template "q" }}', "{{ nope }}", "plain", "",
    "{{- range until 2 }}{{ . }}{{ end -}}", "{{ tpl `{{ 1 }}` . }}", "{{ .Template.Name }}", "{{ $x := 1 }}{{ $x }}", "{{ .Values.m.a.z | upper }}", '{{ include "deep" . }}', "{{ .Values.n }}", "{{ end }}",
    "a\n{{ .Values.nope.x }}", '{{ block "bl" . }}b{{ end }}', "{{/* c */}}", '{{ template "args" . }}', "<no value>",
)  # fmt: skip
FILES = (
    '"f.txt"',
    '"conf/a.ini"',
    '"missing"',
    '"**"',
    '"conf/*"',
    '"*.{txt,bin}"',
    '"conf/[ab].ini"',
    '""',
    '"f*"',
    '"**/b.ini"',
    '"?.txt"',
)
OBJECTS = (
    ".Chart.Name", ".Chart.Keywords", ".Chart.Type", ".Chart.Nope", ".Chart.Annotations.x", ".Chart.Deprecated", ".Chart.Home", ".Chart.Sources", ".Chart.Description", ".Chart.APIVersion",
    ".Chart.IsRoot", ".Chart.Icon", ".Chart.KubeVersion", ".Chart.Condition", ".Chart.name", ".Chart.Name.x", "(.Chart.Maintainers | len)", "(index .Chart.Maintainers 0).Name", "toYaml .Chart", "toJson .Chart", ".Chart | typeOf",
    ".Release.Name", ".Release.Revision", ".Release.Service", ".Release.Nope", ".Release.IsUpgrade", ".Release", ".Release.Name.x",
    ".Capabilities.KubeVersion", ".Capabilities.KubeVersion.Major", ".Capabilities.KubeVersion.Minor", ".Capabilities.KubeVersion.Version", ".Capabilities.KubeVersion.GitVersion", ".Capabilities.KubeVersion.String",
    '.Capabilities.APIVersions.Has "v1"', '.Capabilities.APIVersions.Has "x/v1/Y"', ".Capabilities.APIVersions | len", ".Capabilities.APIVersions.Has", ".Capabilities.APIVersions.Has 1", ".Capabilities.HelmVersion.Version | kindOf",
    ".Capabilities.Nope", "toJson .Capabilities.KubeVersion", "has `v1` .Capabilities.APIVersions", "index .Capabilities.APIVersions 0",
    ".Files.Get {k}", ".Files.Get", ".Files.GetBytes {k}", ".Files.Lines {k}", "(.Files.Glob {k}).AsConfig", "(.Files.Glob {k}).AsSecrets", "range $p, $b := .Files.Glob {k} }}{{{{ $p }}}}{{{{ end", ".Files.Glob {k} | len",
    "range .Files.Lines {k} }}[{{{{ . }}}}]{{{{ end", ".Files.Get 1", "printf `%s` (.Files.GetBytes {k})", "(.Files.Glob {k}).Get {k}", ".Files.Glob {k} | toJson", ".Files.nope", "index .Files {k} | len",
    ".Template.Name", ".Template.BasePath", ".Template", ".Template.Nope", ".Subcharts", ".Subcharts.x.Values",
    "{v}.Major", "{v}.Minor", "{v}.Patch", "{v}.Prerelease", "{v}.Metadata", "{v}.Original", "{v}.String", "{v}", "{v}.Compare {v}", "{v}.LessThan {v}", "{v}.Equal {v}", "{v}.GreaterThan {v}", "({v}.IncMinor).String", "({v}.IncPatch).Original", "({v}.IncMajor)", "{v}.Nope", "toJson {v}",
    "{m}.Unix", "{m}.Year", "{m}.Month", "{m}.Day", "{m}.Hour", "{m}.Weekday", "{m}.YearDay", "{m}.Format {l}", "{m}.UTC", "{m}.IsZero", "{m}", "toJson {m}", "toYaml {m}", "{m}.String", "{m}.Nanosecond", "{m}.UnixNano", "{m}.Nope", "({m}.AddDate 0 1 -1)", "{m}.Before {m}", "{m}.Equal {m}",
    ".Values.AsMap | toJson", ".Values.YAML", '.Values.Table "m.a"', '.Values.Table "nope"', '.Values.PathValue "m.a.z"', '.Values.PathValue "m"', '.Values.PathValue "x.y"', '(.Values.Table "m").YAML', ".Values.AsMap.s", ".Values.YAML.x", ".Values.nope.x.y", ".Values.s.x", "(.Values.nope).a.b", "$.Values.m.b", ".Values.l.x",
    ".Values.m.a.z.y", ".Values.i.x", ".Nope", ".Nope.x", "$.Nope.x.y", ".Values.m.missing | default 5", ".Values.n.x", "(.Values.n).x", ".a.b.c", "(dict).a.b", "(index .Values.l 1).x", "({s}).x", "(1).x", "nil.x", ".Values.m.a.z 1", ".Values.s 1",
)  # fmt: skip
OF_SUBCHARTS = (
    "{{ toJson .Values }}", "{{ .Values.global.g }}{{ .Values.k }}", "{{ .Chart.Name }} {{ .Template.Name }} {{ .Template.BasePath }}", "{{ range $n, $s := .Subcharts }}{{ $n }}{{ $s.Chart.Name }}{{ $s.Values | toJson }}{{ end }}",
    '{{ include "h" . }}', "{{ .Files.Get `f.txt` }}", "{{ .Subcharts.sub.Values.k }}", "{{ $_ := set .Values `k` 9 }}{{ .Values.k }}", "{{ $_ := set .Values.global `g` .Chart.Name }}{{ toJson .Values.global }}", "{{ .Chart.IsRoot }}", '{{ template "h" .Subcharts.sub }}',
    "{{ .Values.sub | toJson }}", "{{ typeOf .Values }}{{ typeOf .Values.sub }}{{ kindOf .Subcharts }}", "{{ .Release.Name }}{{ .Capabilities.KubeVersion }}", "{{ fail .Chart.Name }}", "{{ .Values.m.x.y }}", "{{ define `h` }}again{{ end }}", '{{ tpl `{{ include "h" . }}` . }}',
)  # fmt: skip
VERBS = "vvvvvvdsqTtboOcxXUeEfFgGp%ywz! "
FLAGS = "+-# 0"
YAML = (
    "a: 1\nb: [x, y]", "- a\n- b: 2", "a: &x {b: 1}\nc: *x", "a: {b: 1}\nb:\n  <<: {c: 2}\n  d: 3", "x: 1e3", "x: 0o17\ny: 017\nz: 0x1F\nb: 0b11\nu: 1_000", "on: off\nyes: no\ny: n", "t: 2024-01-02\nu: 2001-12-14t21:59:43.10-05:00",
    "a: |\n  l1\n  l2\nb: >-\n  f1\n  f2\n\n  f3\n", "a: |+\n  x\n\n\nb: 1", "a: null\nb: ~\nc:\n", "a: !!str 1\nb: !!int '3'\nc: !!float 1\nd: !!binary aGk=", "[a, b: 1]", "{a: 1, b}", "a: 'it''s'\nb: \"x\\ty\\u00e9\"", "bad: [", "a: 1\na: 2",
    "? a\n: b", "--- 1\n", "a: 1\n---\nb: 2", "# only", "", "x", "1", "\t- a", "a:\n- b\n- c", "a:   # c\n  b: 1", "x: .inf\n", "x: .NaN", "a: 190:20:30\nb: 12:30:45", "a: 'multi\n\n  line'", "? [a]\n: b", "~: 1", "1: a\n1.5: b\ntrue: c",
    "a: *nope", "%YAML 1.1\n---\na: 1", "a: @x", "a: `x", "a: b: c", "'a': 1\n\"b\": 2", "a: >2\n    x\n   y\n", "- - 1\n  - 2\n-\n  - 3", "a: 0.1\nb: -.5\nc: +.5\nd: 1.\ne: 1e-7", "a: 12345678901234567890\nb: 0.30000000000000004", "a: 08\nb: 0_8\nc: 0b2\nd: 0xg", 'a: "\\x41\\n"\nb: "\\q"',
    "a: ! x\nb: !t x\nc: !!nope x", "{a: [1, {b: c}], d: }", "a: - b", "- a: 1\n   b: 2", "a: |2\n   x\n  y\n", "a: |-\n\n  x\n\nb: >\n  x\n   y\n  z\n", 'a: \u00e9\nb: "\U0001f600"', "=: 1\na: =\n", "a: <<", "a: ---\n", "a: 0x1_F\nb: 1__0\nc: _1\nd: 1_", "!!map {a: 1}", "a: +1\nb: -0\nc: 0.0\nd: -0.0",
)  # fmt: skip


def go_quoted(text, random):
    """Return a text as an interpreted Go string, now and then with a character written as an escape."""
    out = ['"']
    for character in text:
        code = ord(character)
        if character in '"\\':
            out.append("\\" + character)
        elif character == "\n":
            out.append("\\n")
        elif character == "\r":
            out.append("\\r")
        elif character == "\t" and random.random() < 0.7:
            out.append("\\t")
        elif random.random() < 0.03:
            out.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
        elif code < 0x80 and random.random() < 0.01:
            out.append(random.choice((f"\\x{code:02x}", f"\\{code:03o}")))
        else:
            out.append(character)
    return "".join(out) + '"'


def verb(random):
    """Return one verb of printf with flags, width, precision and an index, each at times."""
    text = "%"
    while random.random() < 0.3:
        text += random.choice(FLAGS)
    if random.random() < 0.1:
        text += random.choice(("[1]", "[2]", "[3]", "[0]", "[x]", "["))
    if random.random() < 0.3:
        text += random.choice(("1", "5", "12", "*", "08", "3"))
    if random.random() < 0.25:
        text += random.choice((".", ".0", ".2", ".7", ".*", ".-1", ".20"))
    if random.random() < 0.05:
        text += random.choice(("[1]", "[2]", "[4]"))
    return text + random.choice(VERBS)


_ATOMS = (
    "a",
    "b",
    "x",
    "l",
    ".",
    "\\d",
    "\\w",
    "\\s",
    "[a-c]",
    "[^x]",
    "é",
    "o",
    " ",
    "\\n",
    "[[:upper:]]",
    "\\.",
    "^",
    "$",
    "\\b",
    "\\B",
    "1",
    "[a\\-z]",
    "\\pL",
    "\\P{Lu}",
    "(?i:A)",
    "\\A",
    "[\\s\\d]",
    "[]a]",
    "\\D",
    "\\W",
)


def regexp(random, depth):
    """Return a regular expression."""
    parts = []
    for _ in range(random.randrange(1, 4)):
        roll = random.random()
        if roll < 0.2 and depth:
            parts.append(random.choice(("(", "(?:", "(?P<a>", "(?i)(", "(?s:")) + regexp(random, depth - 1) + ")")
        elif roll < 0.28 and depth:
            parts.append(regexp(random, depth - 1) + "|" + regexp(random, depth - 1))
        else:
            parts.append(random.choice(_ATOMS))
        if random.random() < 0.3:
            parts.append(random.choice(("*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,}", "{,2}", "{2,1}")))
    return "".join(parts)
