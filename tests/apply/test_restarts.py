"""What a running guest has only after a restart: remembered, told, and restarted for when the manifest lets it."""

from datetime import UTC, datetime

import pytest

from pxhelm.apply.engine import apply_plan
from pxhelm.apply.memory import recall, target_of
from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.apply.saved import load_plan, save_plan
from pxhelm.errors import ExitCode
from pxhelm.plan.model import Action
from pxhelm.plan.observe import look_round, observe
from pxhelm.plan.remembered import WAITING
from pxhelm.plan.waiting import boot_paths, restart_paths
from pxhelm.resource.identity import ObjectKey
from tests.apply.lab import QUICK

WEB = ObjectKey("VirtualMachine", "default", "web")
WEB_VM = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {{name: web}}
spec:
  node: pve-node1
  cpu: {{cores: {cores}}}
  disks: {{scsi0: {{storage: local-lvm, size: 4G, serial: {serial}}}}}
  networks: {{net0: {{bridge: vmbr0, ip: 10.0.0.{ip}/24}}}}
  power: {power}
"""
RUNNING = "{policy: Running}"
SUNDAY = datetime(2026, 11, 29, 3, tzinfo=UTC).timestamp()
MONDAY = SUNDAY + 86400


def web(serial="one", cores=1, power=RUNNING, ip=5):
    return WEB_VM.format(serial=serial, cores=cores, power=power, ip=ip)


def waits(lab):
    """Return what the guest needs a restart for, and what it reads when it boots."""
    ports = lab.ports()
    memory = recall(ports, (WEB,))[WEB]
    kind = ports.kind_of(WEB.kind)
    live = ports.cluster.run(observe(kind, target_of(ports, WEB, memory), ports.cluster.run(look_round())))
    bases = memory.known.bases
    return restart_paths(kind, bases, live), boot_paths(kind, bases, live)


def vmid(lab):
    return next(iter(lab.guests()))


def restart(lab, how="reboot"):
    lab.api("POST", f"/nodes/pve-node1/qemu/{vmid(lab)}/status/{how}")
    if how == "stop":
        lab.api("POST", f"/nodes/pve-node1/qemu/{vmid(lab)}/status/start")


def remembered(lab):
    return recall(lab.ports(), (WEB,))[WEB].known.bases["kubectl:pxhelm"].get(WAITING)


@pytest.mark.parametrize("how", ["reboot", "stop"])
def test_a_silent_option_waits_until_another_process_runs(lab, how):
    lab.apply(web())
    assert waits(lab) == ((), ())
    lab.apply(web("two"))
    planned = lab.plan(web("two"))
    assert planned.plan.empty
    assert any("disks.scsi0.serial waits for a restart" in note for note in planned.plan.objects[0].notes)
    assert waits(lab) == (("disks.scsi0.serial",), ())
    lab.apply(web("two", ip=6))
    assert waits(lab) == (("disks.scsi0.serial",), ("networks.net0.ip",))
    restart(lab, how)
    assert waits(lab) == ((), ())
    assert lab.plan(web("two", ip=6)).plan.objects[0].notes == ()
    lab.apply(web("two", ip=7))
    assert waits(lab) == ((), ("networks.net0.ip",))  # what was over is forgotten


def test_what_is_written_while_the_guest_is_off_waits_for_nothing(lab):
    lab.apply(web(power="Stopped"))
    lab.apply(web("two", power="Stopped"))
    lab.apply(web("two"))
    assert (waits(lab), remembered(lab)) == (((), ()), None)


def test_a_device_that_is_plugged_in_has_its_options_from_the_beginning(lab):
    lab.apply(web())
    lab.apply(web().replace("disks: {", "disks: {scsi1: {storage: local-lvm, size: 1G, serial: new}, "))
    assert waits(lab) == ((), ())


def test_what_proxmox_keeps_back_and_what_it_does_not_show_are_told_together(lab):
    lab.apply(web())
    lab.apply(web("two", cores=2))
    assert waits(lab) == (("cpu.cores", "disks.scsi0.serial"), ())


def test_the_guest_is_restarted_for_a_silent_option_if_the_manifest_lets_it(lab):
    lab.apply(web())
    lab.apply(web("two"))
    planned = lab.plan(web("two", power="{policy: Running, restart: IfRequired}"))
    assert [s.verb for s in planned.plan.objects[0].steps] == ["restart"]
    assert lab.apply(web("two", power="{policy: Running, restart: IfRequired}")).exit_code is ExitCode.OK
    assert waits(lab) == ((), ())
    assert lab.plan(web("two", power="{policy: Running, restart: IfRequired}")).plan.empty


WINDOW = '{policy: Running, restart: Window, window: "sun 02:00-06:00"}'


def at(lab, moment, *texts):
    ports = lab.ports(now=lambda: moment)
    planned = plan_objects(ports, lab.resources(*texts), PlanRequest())
    return planned, lambda: apply_plan(ports, planned, QUICK)


def verbs(planned):
    return [s.verb for o in planned.plan.objects for s in o.steps]


def test_outside_of_its_window_a_guest_is_changed_and_not_restarted_and_the_plan_says_so(lab):
    lab.apply(web(power=WINDOW))
    planned, apply = at(lab, MONDAY, web(cores=2, power=WINDOW))
    assert verbs(planned) == ["config"]
    said = "the restart waits for its window (sun 02:00-06:00), which opens in 5d: apply again then"
    assert said in planned.plan.objects[0].notes
    assert apply().exit_code is ExitCode.OK
    assert waits(lab) == (("cpu.cores",), ())
    planned, _ = at(lab, MONDAY, web(cores=2, power=WINDOW))
    assert planned.plan.empty
    assert said in planned.plan.objects[0].notes
    planned, apply = at(lab, SUNDAY, web(cores=2, power=WINDOW))
    assert verbs(planned) == ["restart"]
    assert apply().exit_code is ExitCode.OK
    assert waits(lab) == ((), ())


def test_a_plan_without_a_restart_restarts_nothing_when_its_window_has_opened_since(lab):
    lab.apply(web(power=WINDOW))
    saved = save_plan(at(lab, MONDAY, web(cores=2, power=WINDOW))[0])
    ports = lab.ports(now=lambda: SUNDAY)
    result = apply_plan(ports, load_plan(ports, saved), QUICK)
    assert result.exit_code is ExitCode.OK, result.error()
    assert waits(lab) == (("cpu.cores",), ())


def test_what_needs_the_guest_stopped_waits_for_the_window_too(lab):
    template = web(power=WINDOW).replace("spec:", "spec:\n  isTemplate: true")
    lab.apply(web(power=WINDOW))
    (blocked,) = at(lab, MONDAY, template)[0].plan.blocked
    assert "wait for its window" in blocked.message
    assert verbs(at(lab, SUNDAY, template)[0]) == ["shutdown", "convert"]


def test_a_window_that_nobody_defines_is_refused_and_the_namespace_may_define_it(lab):
    bare = web(cores=2, power="{policy: Running, restart: Window}")
    space = '{apiVersion: proxmox.io/v1, kind: Namespace, metadata: {name: default}, spec: {restartWindow: "sun 02:00-06:00"}}'
    lab.apply(web())
    (blocked,) = at(lab, SUNDAY, bare)[0].plan.blocked
    assert "power.restart is Window, and there is none" in blocked.message
    assert blocked.hint.startswith('write power: {window: "sun 02:00-06:00"}')
    assert verbs(at(lab, SUNDAY, space, bare)[0]) == ["config", "restart"]
    planned, apply = at(lab, MONDAY, space, bare)
    assert verbs(planned) == ["config"]
    assert apply().exit_code is ExitCode.OK
    assert at(lab, MONDAY, bare)[0].plan.objects[0].action is Action.NOTHING
    assert verbs(at(lab, SUNDAY, bare)[0]) == ["restart"]
