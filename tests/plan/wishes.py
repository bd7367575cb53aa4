"""Builders for plans: a virtual machine as wanted and as found, every default filled."""

from pxhelm.kinds import KINDS
from pxhelm.plan.build import Policy
from pxhelm.plan.diff import Comparison, Ownership, compare
from pxhelm.plan.observe import View
from pxhelm.plan.subject import Known, Subject
from pxhelm.resource.decode import Rows
from pxhelm.resource.guest import Situated, live_of
from pxhelm.resource.identity import Marker, ObjectKey
from pxhelm.resource.kind import Surroundings
from pxhelm.resource.model import ABSENT, Resource, Target

VM = KINDS["VirtualMachine"]
WEB = ObjectKey("VirtualMachine", "prod", "web")
MINE = "kubectl:me"
OURS = Marker("inst", "uid-1", 10000, "op")
VIEW = View(Surroundings(nodes={"n1": True, "n2": True}))


def fingerprint(text):
    return f"hmac-of-{len(text)}"


def wanted(leaves=None, key=WEB, **more):
    return Resource(key, {"hostname": "web", **(leaves or {})}, **more)


def found(power="stopped", digest="d1", pending=None, marker=OURS, **config):
    current = {"name": "web", **{k: str(v) for k, v in config.items()}}
    if marker:
        current["description"] = str(marker)
    intended = {**current, **{k: str(v) for k, v in (pending or {}).items()}}
    return live_of(VM, Rows(intended, current, digest), Situated("n1", 10000, power))


def diff(desired, live, bases=None, **more):
    ownership = Ownership(MINE, bases or {})
    return compare(Comparison(VM, desired, live, ownership, fingerprint, **more))


def changes(result):
    return [(c.path, c.op.value, c.before, c.after) for c in result.changes]


def known(**more):
    return Known(**{"uid": "uid-1", "generation": 1, "bound": True, **more})


def subject(desired=None, live=ABSENT, memory=None, key=WEB, vmid=10000):
    marker = Marker("inst", (memory.uid if memory else "") or "new", vmid, "plan")
    target = Target(key, memory.uid if memory else "", vmid=vmid, marker=marker)
    return Subject(KINDS[key.kind], key, desired, target, live, memory or Known())


def policy(**more):
    return Policy("lab", MINE, fingerprint, **more)
