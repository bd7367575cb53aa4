"""Jobs: done once, done again when they are others, told when they fail."""

import pytest

from pxhelm.errors import ExitCode
from pxhelm.proxmox.errors import ApiError, ErrorClass, Failure
from tests.apply.lab import vm

JOB = "apiVersion: proxmox.io/v1\nkind: Job\nmetadata: {name: it, namespace: production}\nspec: %s\n"


def snapshots(lab):
    (vmid,) = [v for v, row in lab.guests().items() if row["name"] == "web-server"]
    node = lab.guests()[vmid]["node"]
    return {row["name"] for row in lab.api("GET", f"/nodes/{node}/qemu/{vmid}/snapshot")} - {"current"}


def test_a_job_is_done_once_after_the_guest_it_is_about(lab):
    texts = (vm(), JOB % "{snapshot: {guest: web-server, name: before}}")
    result = lab.apply(*texts)
    assert result.exit_code is ExitCode.OK, result.error()
    assert snapshots(lab) == {"before"}
    mark = lab.mark
    assert lab.plan(*texts).plan.empty
    assert lab.apply(*texts).exit_code is ExitCode.OK
    assert lab.writes(mark) == []


def test_another_spec_is_another_job(lab):
    lab.apply(vm(), JOB % "{snapshot: {guest: web-server, name: one}}")
    assert lab.apply(vm(), JOB % "{snapshot: {guest: web-server, name: two}}").exit_code is ExitCode.OK
    assert snapshots(lab) == {"one", "two"}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("{}", "a Job does one of"),
        ("{wait: 1s, http: {url: 'http://x'}}", "a Job does one of"),
        ("{power: {guest: {vmid: 9000}}}", "needs power.action"),
    ],
)
def test_what_a_job_lacks_is_told(lab, spec, message):
    (blocked,) = lab.plan(JOB % spec).plan.blocked
    assert message in blocked.message


def test_a_url_is_asked_and_its_status_counts(lab):
    from pxhelm.apply.engine import apply_plan
    from pxhelm.apply.planning import PlanRequest, plan_objects
    from tests.apply.lab import QUICK

    answers = {"http://good": 200, "http://bad": 503}

    def probe(url, status):
        if answers[url] != status:
            why = f"it answered with status {answers[url]}, not {status}"
            raise ApiError(Failure("GET", url, 0, why), cls=ErrorClass.FAILED)

    ports = lab.ports(probe=probe)

    def run(url):
        planned = plan_objects(ports, lab.resources(JOB % f"{{http: {{url: '{url}'}}}}"), PlanRequest())
        return apply_plan(ports, planned, QUICK)

    assert run("http://good").exit_code is ExitCode.OK
    failed = run("http://bad")
    assert failed.exit_code is ExitCode.FAILED
    assert "status 503, not 200" in failed.error().message
