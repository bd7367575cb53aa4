"""Jobs: done once, done again when they are others, told when they fail; cut off, they are the operator's to judge."""

import http.server
import sys
import threading
from functools import partial

import pytest

from pxhelm.apply.engine import apply_plan
from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.errors import ExitCode, StageError
from pxhelm.events import TaskProgress
from pxhelm.store.journal import OpState
from tests.apply.lab import QUICK, Lab, vm

JOB = "apiVersion: proxmox.io/v1\nkind: Job\nmetadata: {name: it, namespace: production}\nspec: %s\n"
AGENT = "  agent: true\n  power: Running\n"


def vmid_of(lab, name="web-server"):
    (vmid,) = [v for v, row in lab.guests().items() if row["name"] == name]
    return vmid, lab.guests()[vmid]["node"]


def snapshots(lab):
    vmid, node = vmid_of(lab)
    return {row["name"] for row in lab.api("GET", f"/nodes/{node}/qemu/{vmid}/snapshot")} - {"current"}


def run(lab, spec, **ports):
    made = lab.ports(**ports)
    return apply_plan(made, plan_objects(made, lab.resources(JOB % spec), PlanRequest()), QUICK)


def printed(lab):
    return [e.last_line for e in lab.told if isinstance(e, TaskProgress) and not e.upid]


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
def test_what_a_job_lacks_is_told_of_the_manifest(lab, spec, message):
    with pytest.raises(StageError) as caught:
        lab.plan(JOB % spec)
    (error,) = caught.value.errors
    assert message in error.message
    assert error.where is not None


# in a guest


def test_a_command_in_a_guest_runs_with_its_arguments_and_tells_what_it_printed(lab):
    said = "{guestExec: {guest: web-server, command: [echo, it is, a; b, $HOME]}}"
    result = lab.apply(vm(spec=AGENT), JOB % said)
    assert result.exit_code is ExitCode.OK, result.error()
    assert printed(lab) == ["it is a; b $HOME"]


def test_a_command_in_a_guest_is_told_on_its_standard_input_what_a_secret_holds(lab):
    wish = "{guestExec: {guest: web-server, command: [sh, -c, 'cat > /tmp/told'], input: {valueFrom: {env: TOLD}}}}"
    from pxhelm.secret import Secret

    lab.apply(vm(spec=AGENT))
    assert run(lab, wish, read_secret=lambda _source: Secret("s3cr3t")).exit_code is ExitCode.OK
    vmid, node = vmid_of(lab)
    assert lab.api("GET", f"/nodes/{node}/qemu/{vmid}/agent/file-read", file="/tmp/told")["content"] == "s3cr3t"
    (op,) = lab.store.journal.ops(job_of(lab).uid)
    assert "s3cr3t" not in repr(lab.store.journal.steps(op.op_id))


def test_a_command_that_fails_in_a_guest_fails_the_job_with_its_last_words(lab):
    lab.apply(vm(spec=AGENT))
    failed = run(lab, "{guestExec: {guest: web-server, command: [sh, -c, 'echo no; exit 3']}}")
    assert failed.exit_code is ExitCode.FAILED
    assert "sh ended with status 3: no" in failed.error().message


def test_a_container_has_no_agent(lab):
    container = """
apiVersion: proxmox.io/v1
kind: Container
metadata: {name: lb, namespace: production}
spec:
  node: pve-node1
  template: local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst
  memory: 512
  rootfs: {storage: local-lvm, size: 4G}
"""
    lab.apply(container)
    (blocked,) = lab.plan(JOB % "{guestExec: {guest: lb, command: [ls]}}").plan.blocked
    assert "runs no commands in containers" in blocked.message
    assert "pct" in blocked.hint


def test_a_task_that_takes_longer_than_the_timeout_is_stopped(tmp_path):
    slow = Lab(tmp_path, time_scale=1.0)
    try:
        made = slow.apply(JOB % "{backup: {guest: {vmid: 9000}, storage: local}, timeout: 1s}")
        assert "did not end within 1 s, and was stopped" in made.error().message
        (task,) = [t for t in slow.api("GET", "/cluster/tasks") if t["type"] == "vzdump"]
        assert "interrupt" in task["status"]
    finally:
        slow.close()


# from here


class Site(http.server.BaseHTTPRequestHandler):
    def __init__(self, statuses, *arguments):
        self.statuses = statuses
        super().__init__(*arguments)

    def do_GET(self):
        self.send_response(self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0])
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    statuses = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, statuses))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.url = f"http://127.0.0.1:{server.server_port}/health?x=1"
    server.statuses = statuses
    yield server
    server.shutdown()


@pytest.mark.parametrize(("status", "expected"), [(200, 200), (302, 302), (404, 404)])
def test_a_page_is_asked_and_its_status_counts(lab, site, status, expected):
    site.statuses[:] = [status]
    assert run(lab, f"{{http: {{url: '{site.url}', expectStatus: {expected}}}}}").exit_code is ExitCode.OK


def test_another_status_fails_the_job(lab, site):
    site.statuses[:] = [503]
    failed = run(lab, f"{{http: {{url: '{site.url}'}}}}")
    assert failed.exit_code is ExitCode.FAILED
    assert "status 503, not 200" in failed.error().message


def test_a_page_is_asked_again_until_the_timeout(lab, site):
    site.statuses[:] = [503, 200]
    assert run(lab, f"{{http: {{url: '{site.url}'}}, timeout: 20s}}").exit_code is ExitCode.OK


def test_a_program_of_this_machine_is_refused_unless_it_is_allowed(lab):
    (blocked,) = lab.plan(JOB % f"{{command: ['{sys.executable}', -c, 'print(1)']}}").plan.blocked
    assert "would run" in blocked.message
    assert "allowCommands" in blocked.hint


def test_an_allowed_program_runs_without_a_shell(lab, tmp_path):
    code = "import sys; open(sys.argv[1], 'w').write(sys.argv[2]); print('done')"
    file = tmp_path / "made"
    wish = f"{{command: ['{sys.executable}', -c, \"{code}\", '{file}', '$(id); x']}}"
    assert run(lab, wish, allowed=frozenset({"commands"})).exit_code is ExitCode.OK
    assert file.read_text() == "$(id); x"
    assert printed(lab) == ["done"]


@pytest.mark.parametrize(
    ("code", "message"),
    [("exit(4)", "ended with status 4"), ("import time; time.sleep(9)", "within 0.2 s, and was stopped")],
)
def test_a_program_that_fails_or_does_not_end_fails_the_job(lab, monkeypatch, code, message):
    from pxhelm.apply import errands
    from pxhelm.resource.step import Errand

    command = (sys.executable, "-c", code)
    allowed = {"allowed": frozenset({"commands"})}
    quick = lambda _errand: errands.do(Errand(command=command, limit=0.2 if "sleep" in code else 5.0))  # noqa: E731
    failed = run(lab, f"{{command: ['{sys.executable}', -c, '{code}'], timeout: 1s}}", errand=quick, **allowed)
    assert message in failed.error().message


# cut off


def job_of(lab):
    from pxhelm.store.objects import ObjectQuery

    (found,) = lab.store.objects.list(ObjectQuery("lab", kind="Job"))
    return found


class Cut(BaseException):
    """The power goes."""


def cut_off(lab, spec):
    """Run a job that is cut off after its request was sent."""

    def die(_errand):
        raise Cut

    def send(*arguments):
        answer = lab.simulator.send(*arguments)
        if arguments[0] == "POST":
            raise Cut
        return answer

    made = lab.ports(errand=die, allowed=frozenset({"commands"}))
    planned = plan_objects(made, lab.resources(JOB % spec), PlanRequest())
    from dataclasses import replace

    result = apply_plan(replace(made, cluster=lab.client_over(send)), planned, QUICK)
    assert result.exit_code is not ExitCode.OK


EXEC = "{guestExec: {guest: web-server, command: [sh, -c, 'echo once >> /tmp/count']}%s}"


def count(lab):
    vmid, node = vmid_of(lab)
    return lab.api("GET", f"/nodes/{node}/qemu/{vmid}/agent/file-read", file="/tmp/count")["content"].count("once")


def test_a_job_that_was_cut_off_is_not_done_again_by_itself(lab):
    lab.apply(vm(spec=AGENT))
    cut_off(lab, EXEC % "")
    again = run(lab, EXEC % "")
    assert again.exit_code is not ExitCode.OK
    assert "nobody knows how far" in again.error().message
    assert "retry: true" in again.error().hint
    assert count(lab) == 1


def test_a_job_that_was_cut_off_is_done_again_when_it_says_so(lab):
    lab.apply(vm(spec=AGENT))
    cut_off(lab, EXEC % "")
    assert run(lab, EXEC % ", retry: true").exit_code is ExitCode.OK
    assert count(lab) == 2


def test_a_job_that_was_cut_off_can_be_deleted(lab):
    from pxhelm.resource.identity import ObjectKey

    lab.apply(vm(spec=AGENT))
    cut_off(lab, EXEC % "")
    assert lab.destroy(ObjectKey("Job", "production", "it")).exit_code is ExitCode.OK
    assert run(lab, EXEC % "").exit_code is ExitCode.OK


def test_the_task_of_a_job_that_was_cut_off_is_found_and_not_started_again(lab):
    lab.apply(vm())
    spec = "{snapshot: {guest: web-server, name: before}}"
    cut_off(lab, spec)
    mark = lab.mark
    assert run(lab, spec).exit_code is ExitCode.OK
    assert lab.writes(mark) == []
    assert snapshots(lab) == {"before"}


def test_a_question_that_was_cut_off_is_asked_again(lab, site):
    site.statuses[:] = [200]
    cut_off(lab, f"{{http: {{url: '{site.url}'}}}}")
    assert run(lab, f"{{http: {{url: '{site.url}'}}}}").exit_code is ExitCode.OK


def test_what_a_job_printed_stands_in_the_journal(lab):
    lab.apply(vm(spec=AGENT), JOB % "{guestExec: {guest: web-server, command: [echo, hello]}}")
    (op,) = lab.store.journal.ops(job_of(lab).uid)
    assert op.state is OpState.DONE
    (step,) = lab.store.journal.steps(op.op_id)
    assert (step.kind, step.result["log"]) == ("run guestExec", ["hello"])
