"""A key that is not there is told together with the one that was probably meant."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from pxhelm.actions.inputs import ValueFlags
from pxhelm.actions.services import ChartSource
from pxhelm.actions.values import explain_keys
from pxhelm.events import Warned

FILES = {
    "Chart.yaml": b"apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "values.yaml": b"web:\n  replicas: 3\n  disk: {size: 20G}\n",
}


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("web.replica", "there is no value web.replica: did you mean web.replicas?"),
        ("web.disk.sise", "there is no value web.disk.sise: did you mean web.disk.size?"),
        ("web.replicas", ""),
        ("entirely.else", ""),
    ],
)
def test_a_mistyped_key_is_answered_with_the_right_one(key, told):
    heard = []
    services = SimpleNamespace(
        chart=lambda _reference: ChartSource(FILES, ()), listen=heard.append, bounded=nullcontext, read=open
    )
    explain_keys(services, "shop", ValueFlags(), [key])
    assert heard == ([Warned(told)] if told else [])
