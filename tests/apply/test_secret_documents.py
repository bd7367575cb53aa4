"""Secrets inside of cloud-init documents (kinds.md 15.2): in the guest's medium, and nowhere else."""

import json
from dataclasses import replace

import pytest

from pxhelm.apply.saved import save_plan
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.kinds import KINDS
from pxhelm.resource.export import spec_of_leaves
from pxhelm.resource.pointers import read_by, sources_in
from pxhelm.secret import Secret
from pxhelm.store.objects import ObjectKey as StoreKey
from pxhelm.store.objects import ObjectQuery
from tests.apply.test_secrets import SECRET

K3S = """
apiVersion: proxmox.io/v1
kind: Secret
metadata: {name: k3s}
spec: {generate: {token: {length: LENGTH}}}
---
apiVersion: proxmox.io/v1
kind: GuestSet
metadata: {name: cluster-server}
spec:
  replicas: 2
  template:
    kind: VirtualMachine
    metadata: {labels: {k3s: server}}
    spec:
      disks: {scsi0: {storage: local-lvm, size: 4G}}
      networks: {net0: {bridge: vmbr0, ip: "10.0.50.$(ordinal+10)/24", gateway: 10.0.50.1}}
      cloudInit:
        seedStorage: local
        userData:
          write_files: [{path: /etc/k3s-token, permissions: "0600", content: {valueFrom: {secretRef: {name: k3s, key: token}}}}]
          runcmd:
            - curl -sfL https://get.k3s.io | sh -s - server --token-file /etc/k3s-token $([ $(ordinal) = 0 ] && echo --cluster-init)
      power: Stopped
"""


def uploads_of(lab):
    """Return ports whose uploads are kept, and the list in which they are."""
    bodies = []

    def send(method, path, params, headers, body=None):
        if path.endswith("/upload"):
            bodies.append(bytes(body))
        return lab.simulator.send(method, path, params, headers, body)

    return lab.ports(cluster=lab.client_over(send)), bodies


def token_of(lab):
    row = lab.store.objects.get(StoreKey("lab", "Secret", "default", "k3s"))
    return json.loads(row.manifest)["values"]["token"]


def everything(lab):
    """Return all that pxhelm wrote, but for the Secret's own row."""
    found = [repr(e) for e in lab.told]
    for op in (op for uid in uids(lab) for op in lab.store.journal.ops(uid)):
        found += [repr(op), *(repr(step) for step in lab.store.journal.steps(op.op_id))]
    for uid in uids(lab):
        found += [repr(leaf) for leaf in lab.store.objects.owned(uid)]
        if lab.store.objects.by_uid(uid).key.kind != "Secret":
            found.append(repr(lab.store.objects.by_uid(uid)))
    found += [repr(e) for e in lab.store.events.list("lab")]
    found += [repr(o) for o in lab.store.inventory.list("lab")]
    found += [f"{e.method} {e.path} {e!r}" for e in lab.writes()]
    return "\n".join(found)


def uids(lab):
    return [o.uid for o in lab.store.objects.list(ObjectQuery("lab"))]


def test_a_token_made_in_the_same_plan_is_in_the_medium_of_every_member_and_nowhere_else(lab):
    text = K3S.replace("LENGTH", "48")
    ports, bodies = uploads_of(lab)
    planned = lab.plan(text)
    result = lab.apply_with(ports, text)
    assert result.exit_code is ExitCode.OK, result.error()
    token = token_of(lab)
    assert len(bodies) == 2
    for body in bodies:
        assert token.encode() in body
        assert b"/etc/k3s-token" in body
    assert sorted(b"[ 0 = 0 ]" in body for body in bodies) == [False, True]
    again = lab.plan(text)
    assert again.plan.empty
    for one in (planned, again):
        assert token not in save_plan(one)
    assert token not in everything(lab)
    assert not lab.apply(text).count()


def test_another_value_is_another_medium(lab):
    spec = "{data: {token: {valueFrom: {env: TOKEN}}}}"
    text = K3S.partition("---")[2]
    secret = (SECRET % spec).replace("namespace: production", "namespace: default").replace("name: db", "name: k3s")
    value = ["one"]
    ports, bodies = uploads_of(lab)
    ports = replace(ports, read_secret=lambda _: Secret(value[0]))
    assert lab.apply_with(ports, secret, text).exit_code is ExitCode.OK
    assert lab.apply_with(ports, secret, text).exit_code is ExitCode.OK
    assert len(bodies) == 2
    value[0] = "two"
    assert lab.apply_with(ports, secret, text).exit_code is ExitCode.OK
    assert len(bodies) == 4


def test_without_its_secret_the_guest_is_not_made(lab):
    with pytest.raises(PxhelmError, match="there is no Secret k3s"):
        lab.plan(K3S.partition("---")[2])
    assert lab.guests() == {}


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("[{content: {valueFrom: {vault: x}}}]", "write_files[0].content: valueFrom.vault is not understood"),
        ("[{content: {valueFrom: {env: X}, also: 1}}]", "write_files[0].content: a map that is not valueFrom"),
    ],
)
def test_a_secret_that_is_not_understood_is_named_with_its_place(lab, inside, said):
    text = f"""
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {{name: web}}
spec: {{cloudInit: {{userData: {{write_files: {inside}}}}}}}
"""
    with pytest.raises(PxhelmError) as caught:
        lab.resources(text)
    assert said in str(caught.value.errors)


def test_the_sources_of_a_document_are_edges_and_are_written_back_as_they_were(lab):
    member = lab.resources(K3S.replace("LENGTH", "48"))[-1]
    assert ("Secret", "k3s") in {(kind, r.name) for r in member.references for kind in r.kinds}
    source = member.leaves["cloudInit.userData"]
    assert [str(each) for each in sources_in(source)] == ["secretRef:k3s/token"]
    written = spec_of_leaves(KINDS["VirtualMachine"], member.leaves)["cloudInit"]["userData"]
    assert written["write_files"][0]["content"] == {"valueFrom": {"secretRef": {"name": "k3s", "key": "token"}}}
    assert json.loads(read_by(source, lambda _: 'a "quoted" value'))["write_files"][0]["content"] == 'a "quoted" value'
