"""Rights by token, privilege separation, pools; 403 comes before 500, lists are filtered."""

import json

import pytest


@pytest.fixture
def user(api):
    """A user with a token, and a way to ask with it."""

    def make(name="op@pve", **token):
        api("POST", "/access/users", userid=name, password="operator1")
        secret = api("POST", f"/access/users/{name}/token/ci", **token)["value"]
        headers = {"Authorization": f"PVEAPIToken={name}!ci={secret}"}

        def ask(method, path, /, **params):
            status, reason, _, body = api.simulator.send(method, path, params, headers)
            return status, json.loads(body)["data"] if status == 200 else reason

        return ask

    return make


def test_an_absent_guest_is_forbidden_before_it_is_missed(api, user):
    ask = user(privsep=0)
    assert ask("GET", "/nodes/pve-node1/qemu/777/config") == (403, "Permission check failed (/vms/777, VM.Audit)")
    api("PUT", "/access/acl", path="/vms", roles="PVEAuditor", users="op@pve")
    assert ask("GET", "/nodes/pve-node1/qemu/777/config")[0] == 500


def test_lists_show_only_what_may_be_seen(api, user):
    ask = user(privsep=0)
    entries = ask("GET", "/cluster/resources")[1]
    assert {tuple(sorted(e)) for e in entries} == {("cgroup-mode", "id", "level", "node", "status", "type")}
    api("PUT", "/access/acl", path="/vms/9000", roles="PVEAuditor", users="op@pve")
    assert [e["id"] for e in ask("GET", "/cluster/resources", type="vm")[1]] == ["qemu/9000"]
    assert ask("GET", "/cluster/nextid", vmid=9000)[0] == 400


def test_a_separated_token_has_only_what_both_have(api, user):
    ask = user(privsep=1)
    api("PUT", "/access/acl", path="/vms", roles="PVEVMAdmin", users="op@pve")
    assert ask("GET", "/nodes/pve-node1/qemu/9000/config")[0] == 403
    api("PUT", "/access/acl", path="/vms", roles="PVEAuditor", tokens="op@pve!ci")
    assert ask("GET", "/nodes/pve-node1/qemu/9000/config")[0] == 200
    assert ask("PUT", "/nodes/pve-node1/qemu/9000/config", cores=2)[0] == 403


def test_the_seeded_token_is_not_root(api):
    status, reason, _ = api.fails("PUT", "/nodes/pve-node1/qemu/9000/config", args="-x")
    assert (status, reason) == (500, "only root can set 'args' config")
    assert api.fails("PUT", "/nodes/pve-node1/qemu/9000/config", skiplock=1, cores=1)[2] == {
        "skiplock": "Only root may use this option."
    }


def test_a_wrong_secret_waits_three_seconds_in_a_real_cluster(api_at):
    waits = []
    api = api_at(time_scale=0.001)
    import time

    began = time.perf_counter()
    status, reason, _, body = api.simulator.send(
        "GET", "/version", {}, {"Authorization": "PVEAPIToken=root@pam!pxhelm=no"}
    )
    waits.append(time.perf_counter() - began)
    assert (status, reason, body) == (401, "Authentication failed!", b"")
    assert 0.003 <= waits[0] < 0.5


def test_tags_in_a_pool_fail_inside_the_task(api, user):
    ask = user(privsep=0)
    api("POST", "/pools", poolid="team")
    api("PUT", "/access/acl", path="/pool/team", roles="PVEVMAdmin", users="op@pve")
    upid = ask("POST", "/nodes/pve-node1/qemu", vmid=700, pool="team", tags="a")[1]
    status = api("GET", f"/nodes/pve-node1/tasks/{upid}/status")
    assert status["exitstatus"] == "unable to create VM 700 - Permission check failed (/vms/700, VM.Config.Options)"
    assert api.fails("GET", "/nodes/pve-node1/qemu/700/config")[0] == 500
