"""One case for each seed, in the form of the recorded ones, and the trees that it can be cut down along."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.fuzz import words
from tests.fuzz.focus import Focus
from tests.fuzz.inputs import SCALARS, Inputs
from tests.fuzz.templates import Templates
from tests.fuzz.texts import mutated
from tests.fuzz.tree import Node, fixed, seq

VALUES = {
    "i": 3, "neg": -7, "zero": 0, "big": 1234567, "huge": 1e21, "f": 1.5, "f0": 2.0, "s": "x y", "num": "42", "e": "", "n": None, "t": True, "fl": False,
    "l": [1, "a", None, 2.5], "ls": ["b", "a", "c"], "le": [], "ll": [[1], ["x", []]], "lm": [{"a": 1}, {"a": 2, "b": "c"}], "mix": [True, 0, "", {"k": "v"}, [], 1.5, "z"],
    "m": {"b": 1, "a": {"z": "q"}}, "me": {}, "nums": {"a10": 1, "a2": 2.5, "1": "x", "A": -3}, "deep": {"a": {"b": {"c": [1, {"d": "e"}]}}, "s": "t", "k1": False}, "nulls": {"a": None, "b": {"c": None}},
    "u": "é日本😀", "multi": "l1\nl2\n", "html": "<a & 'b'>", "quo": 'a"b\\c\td', "date": "2024-02-29", "ver": "1.2.3",
}  # fmt: skip
CHART = {
    "appVersion": "1.16.0", "description": "d: <x>", "keywords": ["k1", "k2"], "home": "https://h.example", "annotations": {"x": "y", "a/b": "1"},
    "maintainers": [{"name": "M", "email": "m@x"}], "type": "application", "kubeVersion": ">=1.1.0-0", "icon": "i.png",
}  # fmt: skip
FILES = {"f.txt": "line1\nline2\n", "conf/a.ini": "[a]\nx=1\n", "conf/b.ini": "é", "x.bin": "\x00\x01", "empty": ""}
USUAL = {"chart": CHART, "files": FILES, "values": VALUES, "kubeVersion": "v1.33.0"}
"""What a rendering has unless its case says otherwise."""


@dataclass(frozen=True, slots=True)
class Case:
    """A generated case: plain data, of which some texts are trees."""

    seed: int
    fixed: dict[str, object]
    trees: dict[tuple[str, ...], Node]
    """Where in the case (field, key) the text of a tree stands."""

    def data(self):
        """Return the case as the recorded ones have it."""
        made = {"name": f"fuzz/{self.seed}", **self.fixed}
        for (field, *key), tree in self.trees.items():
            if key:
                made[field] = {**made.get(field, {}), key[0]: tree.text()}
            else:
                made[field] = tree.text()
        return made

    def simplified(self, at, tree):
        return Case(self.seed, self.fixed, {**self.trees, at: tree})

    def without(self, at):
        return Case(self.seed, self.fixed, {k: t for k, t in self.trees.items() if k != at})


def generate(seed):
    """Return the case of a seed."""
    random = Random(seed)
    roll = random.random()
    for share, make in (
        (0.3, _one),
        (0.55, _focused),
        (0.68, _chart),
        (0.72, _umbrella),
        (0.8, _broken),
        (0.88, _yaml),
        (0.92, _yaml_values),
        (0.96, _set),
        (1, _coalesce),
    ):
        if roll < share:
            return make(seed, random)
    raise AssertionError


def _render(seed, trees, **fixed):
    return Case(seed, {**USUAL, **fixed}, {("templates", name): tree for name, tree in trees.items()})


def _one(seed, random):
    return _render(seed, {"a": Templates(random).one(), **_helpers(random)})


def _focused(seed, random):
    return _render(seed, {"a": Focus(random).template(), **_helpers(random)})


def _helpers(random):
    return {"_h.tpl": Templates(random).helpers()} if random.random() < 0.1 else {}


def _chart(seed, random):
    source = Templates(random)
    files = {"a": source.body(4, 3), "_h.tpl": source.helpers()}
    if random.random() < 0.3:
        files["b"] = source.body(2, 2)
    extra = {}
    if random.random() < 0.1:
        extra["release"] = {"name": "up", "namespace": "ns", "revision": 4, "isUpgrade": True}
    if random.random() < 0.1:
        extra[random.choice(("strict", "strict", "lint"))] = True
    if random.random() < 0.2:
        extra["set"] = [Inputs(random).set_text("").text()]
    return _render(seed, files, **extra)


def _umbrella(seed, random):
    """Return a chart with subcharts that have templates and helpers of the same names."""
    source = Templates(random)
    files = {**FILES, "values.yaml": "global: {g: 1}\nsub: {k: up, m: {x: 1}}\nother: {k: null}\nk: root\n"}
    for name in random.sample(("sub", "other", "a"), random.randrange(1, 3)):
        folder = f"charts/{name}/"
        files[folder + "Chart.yaml"] = f"apiVersion: v2\nname: {name}\nversion: 1.2.3\ndescription: of {name}\n"
        files[folder + "values.yaml"] = Inputs(random).tree(2) + "\n"
        files[folder + "f.txt"] = name
        files[folder + "templates/a"] = source.body(2, 2).text() + random.choice(words.OF_SUBCHARTS)
        if random.random() < 0.6:
            files[folder + "templates/_h.tpl"] = f'{{{{ define "h" }}}}{name}{{{{ .Chart.Name }}}}{{{{ end }}}}'
        if random.random() < 0.3:
            files[folder + "templates/" + random.choice(("b", "NOTES.txt", "z/a.yaml", "_x"))] = "{{ include `h` . }}"
    own = fixed(source.body(2, 2), random.choice(words.OF_SUBCHARTS))
    return _render(seed, {"a": own, **({"_h.tpl": source.helpers()} if random.random() < 0.6 else {})}, files=files)


def _broken(seed, random):
    source = Templates(random)
    whole = source.one() if random.random() < 0.4 else source.body(3, 2)
    return _render(seed, {"a": source.broken(whole.text()), **_helpers(random)})


def _yaml(seed, random):
    text = Inputs(random).yaml_text()
    if random.random() < 0.2:
        text = seq(random.choice(SCALARS))
    if random.random() < 0.3:
        text = seq(mutated(random, text.text()))
    return Case(seed, {"op": "yaml"}, {("input",): text})


PRINTED = (
    "{{ .Values | toYaml }}", "{{ .Values | toJson }}", "{{ .Values | toYamlPretty }}", "{{ .Values | toToml }}", "{{ .Values }}", "{{ .Values | toPrettyJson }}",
    "{{ .Values | toYaml | fromYaml | toJson }}", "{{ .Values | toToml | fromToml | toToml }}", "{{ range $k, $v := .Values }}{{ $k | quote }}={{ $v | typeOf }}:{{ $v | toYaml | nindent 2 }}\n{{ end }}", '{{ printf "%#v" .Values }}',
)  # fmt: skip


def _yaml_values(seed, random):
    inputs = Inputs(random)
    fixed = {
        "templates": {"a": random.choice(PRINTED)},
        "valuesYaml": [inputs.yaml_text().text() for _ in range(random.choice((1, 1, 2)))],
    }
    if random.random() < 0.3:
        fixed["set"] = [inputs.set_text("").text()]
    if random.random() < 0.3:
        fixed["files"] = {"values.yaml": inputs.yaml_text().text()}
    return Case(seed, fixed, {})


def _set(seed, random):
    mode = random.choice(("", "", "", "string", "json", "literal"))
    start = (
        {} if random.random() < 0.5 else {"a": {"b": 1}, "l": [1, {"x": 2}], "m": {"y": [None]}, "s": "t", "n": None}
    )
    text = Inputs(random).set_text(mode)
    if random.random() < 0.3:
        text = seq(mutated(random, text.text()))
    return Case(seed, {"op": "strvals", "mode": mode, "values": start}, {("input",): text})


def _coalesce(seed, random):
    inputs = Inputs(random)
    texts = [inputs.tree(3) for _ in range(random.choice((1, 1, 2)))]
    if random.random() < 0.15:
        front, back = random.choice(("true", "false", "1")), random.choice(("true", "false", "null"))
        texts.append(f"{{tags: {{front: {front}, back: {back}}}}}")
    return Case(seed, {"op": "values", "files": inputs.chart_files(), "valuesYaml": texts}, {})
