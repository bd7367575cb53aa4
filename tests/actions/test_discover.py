"""discover: what cannot be seen now is unknown, not gone."""

import pytest

from pxhelm.actions.discover import discover
from pxhelm.proxmox.errors import ApiError, Failure


class Blind:
    """A cluster of which some lists may not be read."""

    def __init__(self, cluster, paths):
        self.cluster = cluster
        self.paths = paths

    def _seen(self, operation):
        answer, error = None, None
        while True:
            try:
                asked = operation.throw(error) if error else operation.send(answer)
            except StopIteration as end:
                return end.value
            answer, error = None, None
            if getattr(asked, "path", "") in self.paths:
                error = ApiError(Failure("GET", asked.path, 403, "Permission check failed (/, Sys.Audit)"))
            else:
                answer = yield asked

    def run(self, operation):
        return self.cluster.run(self._seen(operation))

    def run_all(self, operations):
        return self.cluster.run_all([self._seen(one) for one in operations])


@pytest.mark.parametrize(
    ("path", "kind", "before"),
    [("/access/users", "User", 1), ("/access/roles", "Role", 17), ("/nodes/pve-node2/network", "Network", 6)],
)
def test_what_may_not_be_listed_any_more_is_not_called_gone(lab, path, kind, before):
    assert discover(lab.services, "all")[kind].total == before
    lab.services.cluster = Blind(lab.services.cluster, {path})
    assert discover(lab.services, "all").get(kind, None) is None or discover(lab.services, "all")[kind].gone == 0
    assert len(lab.services.store.inventory.list(lab.services.place.cluster, kind)) == before


def test_what_may_be_listed_and_is_not_there_is_gone(lab):
    lab.api("POST", "/pools", poolid="shop")
    discover(lab.services, "all")
    lab.api("DELETE", "/pools/shop")
    assert discover(lab.services, "all")["Pool"].gone == 1


def test_nothing_new_costs_no_row(lab):
    discover(lab.services, "all")
    rows = lab.services.store.inventory.history
    refs = [one.ref for one in lab.services.store.inventory.list(lab.services.place.cluster)]
    discover(lab.services, "all")
    assert {len(rows(lab.services.place.cluster, ref)) for ref in refs} == {1}
