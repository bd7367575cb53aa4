"""``python -m tests.garbled [--rounds N] [--seed S] [--command GLOB]``: ``N passed, M failed``.

Every command is run once to see how many answers it asks for; then again and again, one answer garbled each time.
"""

import argparse
import fnmatch
import os
import random
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from pxhelm.simulator.options import Options
from pxhelm.simulator.serve import Server
from tests.garbled.garble import Garbler
from tests.scripts import forked

BUG = 70
IDENTITY = ("/cluster/resources", "/cluster/status", "/version")
"""What an engine decides by which guest is whose, and whether anything may be decided at all."""
VM = """apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web}
spec: {node: pve-node1, power: Stopped, memory: %s, disks: {scsi0: {storage: local-lvm, size: 1G}}}
---
apiVersion: proxmox.io/v1
kind: Pool
metadata: {name: prod}
spec: {comment: "%s"}
"""
MADE = (("apply", "-f", "one.yaml", "--yes"),)
COMMANDS = {
    "plan new": ((), ("plan", "-f", "one.yaml")),
    "plan same": (MADE, ("plan", "-f", "one.yaml")),
    "plan change": (MADE, ("plan", "-f", "two.yaml")),
    "diff": (MADE, ("diff", "-f", "two.yaml")),
    "apply new": ((), ("apply", "-f", "one.yaml", "--yes")),
    "apply same": (MADE, ("apply", "-f", "one.yaml", "--yes")),
    "apply change": (MADE, ("apply", "-f", "two.yaml", "--yes")),
    "delete": (MADE, ("delete", "-f", "one.yaml", "--yes")),
    "get vms": (MADE, ("get", "vms", "-A")),
    "get all wide": ((), ("get", "vms,containers,pools,storages,nodes", "-A", "-o", "wide")),
    "get yaml": (MADE, ("get", "vm", "web", "-o", "yaml")),
    "describe": (MADE, ("describe", "vm", "web")),
    "import": ((), ("import", "--all")),
    "discover": ((), ("discover", "all")),
    "top": ((), ("top", "nodes")),
    "logs": (MADE, ("logs", "vm/web")),
    "test-connection": ((), ("test-connection",)),
    "vm start": (MADE, ("vm", "start", "web")),
    "vm migrate": (MADE, ("vm", "migrate", "web", "--target", "pve-node2")),
    "label": (MADE, ("label", "vm", "web", "a=b")),
    "install": ((), ("install", "one", "./chart")),
    "uninstall": ((("install", "one", "./chart"),), ("uninstall", "one")),
    "vm snapshot": (MADE, ("vm", "snapshot", "web", "--name", "one")),
}


class Bench:
    """A simulated cluster behind HTTPS whose answers can be garbled, and commands that ask it."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.server = None
        for name, memory, text in (("one", 512, "a"), ("two", 1024, "b")):
            (self.folder / f"{name}.yaml").write_text(VM % (memory, text))
        templates = self.folder / "chart" / "templates"
        templates.mkdir(parents=True)
        (templates / "vm.yaml").write_text(VM % (512, "a"))
        (templates.parent / "Chart.yaml").write_text("apiVersion: v2\nname: one\nversion: 0.1.0\n")

    @contextmanager
    def fresh(self):
        """Begin with a cluster and a store that nobody has touched, which the first commands have worked on."""
        server = self.server = Server(Options(port=0, nodes=3, guests=4, time_scale=0.0))
        self.garbler = server.simulator.handle = Garbler(server.simulator.handle)
        server.start()
        try:
            with tempfile.TemporaryDirectory(dir=self.folder) as home:
                self.home = Path(home)
                (self.home / "config").mkdir()
                (self.home / "config" / "config.yaml").write_text(self.config())
                yield self
        finally:
            server.stop()

    def config(self):
        return (
            f"currentContext: sim\ncontexts:\n- name: sim\n  endpoints: [{self.server.url}]\n"
            f"  tokenID: {self.server.token.partition('=')[0]}\n  token: {{env: SIM_TOKEN}}\n"
            f"  tls: {{fingerprint: '{self.server.fingerprint}'}}\n"
        )

    def run(self, arguments):
        """Return status and what was said on standard error."""
        homes = {f"PXHELM_{name}_HOME": str(self.home / name.lower()) for name in ("CONFIG", "DATA", "CACHE", "STATE")}
        token = self.server.token.partition("=")[2]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "SIM_TOKEN": token, **homes}
        status, _, said = forked.run(arguments, str(self.folder), environment, timeout=120)
        return status, said

    def trace(self):
        """Return the report of a bug."""
        found = sorted((self.home / "state").glob("*"))
        return found[-1].read_text() if found else ""

    def answers(self, name):
        """Return how many answers a command asks for when all is well."""
        before, command = COMMANDS[name]
        with self.fresh():
            for each in before:
                self.run(each)
            self.garbler.arm(0, 0)
            status, said = self.run(command)
            assert status in (0, 2) or name == "diff", f"{name}: {status} {said}"
            return self.garbler.seen

    def garbled(self, name, number, seed):
        """Run a command with its Nth answer garbled; return what is wrong with how it ended, empty when nothing is."""
        before, command = COMMANDS[name]
        with self.fresh():
            for each in before:
                self.run(each)
            self.garbler.arm(number, seed)
            status, said = self.run(command)
            met = self.garbler.met
            if status == BUG or "Traceback" in said:
                return f"a bug after {met}\n{said}\n{self.trace()}"
            identity = met.startswith(tuple(f"GET {path}" for path in IDENTITY))
            if identity and self.garbler.malformed and not self.garbler.before and self.garbler.wrote:
                return f"something was written after {met}\n{said}"
            return ""


def main(argv=None):
    """Run the rounds and print the sum; the status is 1 when one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.garbled")
    parser.add_argument("--rounds", type=int, default=10, help="garbled answers for each command")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--command", default="*", help="only commands like this")
    args = parser.parse_args(argv)
    chance, passed, failed = random.Random(args.seed), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder)
        for name in fnmatch.filter(COMMANDS, args.command):
            count = bench.answers(name)
            for _ in range(args.rounds):
                number, seed = chance.randint(1, count), chance.randrange(1 << 30)
                wrong = bench.garbled(name, number, seed)
                passed, failed = passed + (not wrong), failed + bool(wrong)
                if wrong:
                    sys.stdout.write(f"FAILED {name}, answer {number}, seed {seed}: {wrong}\n")
                    sys.stdout.flush()
    sys.stdout.write(f"{passed} passed, {failed} failed\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
