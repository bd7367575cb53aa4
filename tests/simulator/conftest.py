"""Simulators for tests: in the process, at once, with a token that may everything."""

import json

import pytest

from pxhelm.simulator.options import Options
from pxhelm.simulator.seed import TOKEN
from pxhelm.simulator.serve import open_simulator


class Api:
    """Requests by hand, with the answer's data."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.headers = {"Authorization": f"PVEAPIToken={TOKEN}"}

    def __call__(self, method, path, /, **params):
        status, reason, _, body = self.simulator.send(method, path, params, self.headers)
        assert status == 200, f"{method} {path}: {status} {reason} {body!r}"
        return json.loads(body)["data"]

    def fails(self, method, path, /, **params):
        status, reason, _, body = self.simulator.send(method, path, params, self.headers)
        assert status != 200
        return status, reason, json.loads(body).get("errors") if body else None

    def task(self, method, path, /, **params):
        upid = self(method, path, **params)
        status = self("GET", f"/nodes/{upid.split(':')[1]}/tasks/{upid}/status")
        assert status["status"] == "stopped"
        return status["exitstatus"]


@pytest.fixture
def api():
    simulator = open_simulator(Options(time_scale=0))
    yield Api(simulator)
    simulator.close()


@pytest.fixture
def api_at():
    opened = []

    def make(clock=None, **options):
        simulator = open_simulator(Options(**options), **({"clock": clock} if clock else {}))
        opened.append(simulator)
        return Api(simulator)

    yield make
    for simulator in opened:
        simulator.close()
