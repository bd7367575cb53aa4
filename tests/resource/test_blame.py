"""A refusal of Proxmox is told with the field of the manifest that it is about."""

from pxhelm import kinds
from pxhelm.manifest import load_manifests
from pxhelm.proxmox.errors import ApiError, Failure
from pxhelm.resource.blame import told

VM = kinds.KINDS["VirtualMachine"]
TEXT = """\
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web}
spec:
  cpu:
    cores: 4
  networks:
    net0:
      bridge: vmbr9
      vlan: 5
"""


def refused(**errors):
    return ApiError(Failure("POST", "/nodes/n/qemu", 400, "Parameter verification failed.\n", errors))


def test_a_parameter_is_told_as_field_file_and_line():
    resource = kinds.parse(load_manifests(TEXT, "web.yaml"))[0]
    text = told(
        VM, resource, refused(net0="invalid format -\nnet0.tag: too large", cores="value too large", boot="odd")
    )
    assert text == (
        "boot: odd; "
        "web.yaml:6: spec.cpu.cores (cores): value too large; "
        "web.yaml:9: spec.networks.net0 (net0): invalid format - net0.tag: too large"
    )


def test_without_errors_by_parameter_the_sentence_stays():
    error = ApiError(Failure("PUT", "/x", 500, "VM is locked (backup)\n"))
    assert told(VM, None, error) == "VM is locked (backup)"
    assert told(VM, None, refused(cores="value too large")) == "cores: value too large"
