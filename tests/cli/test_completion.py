"""What the shell completes: kinds, names, fields, formats."""

import pytest
from click.shell_completion import BashComplete

from pxhelm.cli import main
from pxhelm.cli.root import root


@pytest.fixture
def completed(home, monkeypatch):
    def complete(*words):
        monkeypatch.setenv("COMP_WORDS", " ".join(["pxhelm", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        shell = BashComplete(root, {}, "pxhelm", "_PXHELM_COMPLETE")
        arguments, incomplete = shell.get_completion_args()
        return [item.value for item in shell.get_completions(arguments, incomplete)]

    return complete


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("get", "v"), {"vms", "volumes", "values"}),
        (("get", "vms,cont"), {"vms,containers"}),
        (("describe", "nodes"), {"nodes"}),
        (("edit", "nodes"), set()),
        (("label", "po"), {"pools"}),
        (("explain", "virtual"), {"virtualmachines"}),
        (("explain", "vm."), {"vm.spec", "vm.metadata"}),
        (("explain", "vm.spec.cpu.co"), {"vm.spec.cpu.cores"}),
        (("explain", "vm.spec.mem"), {"vm.spec.memory"}),
        (("explain", "vm.spec.disks.scsi30"), {"vm.spec.disks.scsi30"}),
        (("explain", "vm.spec.disks.scsi0.limits.re"), {"vm.spec.disks.scsi0.limits.read"}),
        (("top", "n"), {"nodes"}),
        (("get", "vms", "-o", "jsonp"), {"jsonpath=", "jsonpath-as-json=", "jsonpath-file="}),
        (("get", "vms", "--field-selector", "status.no"), {"status.node="}),
        (("get", "pools", "--field-selector", "status.no"), set()),
        (("vm", "rollback"), {"rollback-snapshot"}),
        (("vm", "migrate", "--target-st"), {"--target-storage"}),
    ],
)
def test_words_are_completed(completed, words, found):
    assert set(completed(*words)) == found


@pytest.mark.parametrize(("shell", "status"), [("bash", 0), ("zsh", 0), ("fish", 0), ("powershell", 1), ("tcsh", 1)])
def test_scripts_are_for_the_shells_that_help_names(capsys, shell, status):
    assert main(["completion", shell]) == status
    out, err = capsys.readouterr()
    assert ("_PXHELM_COMPLETE" in out) is (status == 0)
    assert ("one of bash, zsh, fish" in err) is (status == 1)
