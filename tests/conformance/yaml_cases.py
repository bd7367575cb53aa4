"""Recorded cases about YAML: what Helm reads, with Go's types, and how it prints that again.

``OPS`` maps the ``op`` of a case to a function that returns ``""`` when we answered as Helm v3 did, else what differs.
"""

from __future__ import annotations

from pxhelm.golang import yaml
from tests.conformance.values_cases import typed


def run_yaml(case):
    want = case["v3"]
    try:
        value = yaml.load(case["input"])
    except yaml.YamlError as error:
        return "" if str(error) == want.get("error") else f"error {str(error)!r}, want {want.get('error')!r}"
    if "error" in want:
        return f"no error, want {want['error']!r}"
    try:
        text = yaml.to_yaml(value)
    except ValueError:
        text = ""
    if text != want["output"]["toYaml"]:
        return f"got {text!r}, want {want['output']['toYaml']!r}"
    got = typed(value)
    return "" if got == want["output"]["typed"] else f"got {got}, want {want['output']['typed']}"


OPS = {"yaml": run_yaml}
