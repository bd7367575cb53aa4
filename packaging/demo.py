"""``make demo``: the main job, told command by command, on a simulated cluster over HTTPS.

Everything happens in a temporary folder. PXHELM names the program (``.venv/bin/pxhelm`` or ``dist/pxhelm``).
Ends with 0 only when every command did what the story says.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = (ROOT / (os.environ.get("PXHELM") or ".venv/bin/pxhelm")).resolve()
BOLD, DIM, PLAIN = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")


class Demo:
    """One run: a folder, a simulator in its own process, and the commands."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("PXHELM_")}
        self.env |= {f"PXHELM_{n.upper()}_HOME": str(work / n) for n in ("config", "data", "cache", "state")}
        self.url = self.token = self.fingerprint = ""
        self.simulator: subprocess.Popen[str] | None = None

    def say(self, text: str) -> None:
        """Print a line of the narration."""
        print(f"\n{BOLD}# {text}{PLAIN}", flush=True)

    def run(self, line: str, *, status: int = 0, answer: str = "") -> str:
        """Run a command, show it with its output, and insist on its exit status."""
        print(f"{DIM}${PLAIN} pxhelm {line}", flush=True)
        done = subprocess.run(
            [PROGRAM, *line.split()],
            cwd=self.work,
            env=self.env,
            input=answer,
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        print(done.stdout, end="", flush=True)
        if done.returncode != status:
            sys.exit(f"demo: `pxhelm {line}` exited with {done.returncode}, not {status}")
        return done.stdout

    def insist(self, found: bool, what: str) -> None:
        """Stop unless a claim of the story holds."""
        if not found:
            sys.exit(f"demo: {what}")

    def serve(self) -> None:
        """Start the simulator and wait until it says where it listens."""
        print(f"{DIM}${PLAIN} pxhelm simulate --nodes 3 --guests 4 --time-scale 0.05 &", flush=True)
        options = "--port 0 --state simulator.db --nodes 3 --guests 4 --time-scale 0.05 --output json"
        self.simulator = subprocess.Popen(
            [PROGRAM, "simulate", *options.split()], cwd=self.work, env=self.env, stdout=subprocess.PIPE, text=True
        )
        assert self.simulator.stdout is not None
        told = json.loads(self.simulator.stdout.readline())
        self.url, self.token, self.fingerprint = told["url"], told["token"], told["fingerprint"]
        self.env["PXHELM_DEMO_TOKEN"] = self.token.partition("=")[2]
        print(f"{self.url}, a Proxmox VE API with three nodes", flush=True)

    def by_hand(self, method: str, path: str, **params: str) -> object:
        """Send one request as somebody with a browser would, past pxhelm."""
        print(
            f"{DIM}${PLAIN} curl -X {method} {self.url}/api2/json{path} {' '.join(f'-d {k}={v}' for k, v in params.items())}"
        )
        body = urllib.parse.urlencode(params).encode() if params else None
        request = urllib.request.Request(  # noqa: S310 - https to our own simulator
            f"{self.url}/api2/json{path}",
            data=body,
            method=method,
            headers={"Authorization": f"PVEAPIToken={self.token}"},
        )
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:  # noqa: S310 - as above
            return json.load(answer)["data"]

    def stop(self) -> None:
        """End the simulator."""
        if self.simulator:
            self.simulator.terminate()
            self.simulator.wait(10)


def story(demo: Demo) -> None:
    """Tell the main job."""
    demo.say("A Proxmox VE cluster to play with, and a context that names it")
    demo.serve()
    token_id = demo.token.partition("=")[0]
    demo.run(
        f"config add demo --endpoint {demo.url} --fingerprint {demo.fingerprint} "
        f"--token-id {token_id} --token-env PXHELM_DEMO_TOKEN"
    )
    demo.run("test-connection")
    demo.run("get nodes")

    demo.say("A chart: a pool, a load balancer, web servers")
    demo.run("create shop --starter web-app")
    demo.run("plan shop ./shop --set web.replicas=2")
    demo.run("install shop ./shop --set web.replicas=2 --wait")
    demo.run("get vms,containers")

    demo.say("An upgrade: first what it would do, then the doing")
    demo.run("diff shop ./shop --set web.replicas=3 --set web.cores=4", status=1)
    demo.run("upgrade shop ./shop --set web.replicas=3 --set web.cores=4")
    demo.run("diff shop ./shop --set web.replicas=3 --set web.cores=4")

    demo.say("Somebody changes a machine by hand; pxhelm sees it and puts it back")
    row = re.search(r"^shop-web-0\s+.*", demo.run("get vms -o wide"), re.MULTILINE)
    demo.insist(row is not None, "shop-web-0 is not listed")
    vm = json.loads(demo.run("get vm shop-web-0 -o json"))
    path = f"/nodes/{vm['status']['node']}/qemu/{vm['status']['binding']['vmid']}/config"
    demo.by_hand("PUT", path, memory="1024")
    drift = demo.run("diff shop ./shop --set web.replicas=3 --set web.cores=4", status=1)
    demo.insist("memory" in drift, "the drift does not name the field")
    demo.run("upgrade shop ./shop --set web.replicas=3 --set web.cores=4")

    demo.say("Back to the first revision, and the history")
    demo.run("rollback shop 1")
    demo.run("get vms")
    demo.run("history shop")

    demo.say("And away with it; what was not ours is still there")
    demo.run("uninstall shop")
    left = demo.run("get vms,containers -A")
    demo.insist("shop-web" not in left and "debian-12-template" in left, "uninstall left or took the wrong guests")


def main() -> None:
    """Run the demo in a folder of its own and clean up."""
    if not PROGRAM.exists():
        sys.exit(f"demo: {PROGRAM} is not there")
    work = Path(tempfile.mkdtemp(prefix="pxhelm-demo-"))
    demo = Demo(work)
    try:
        story(demo)
    finally:
        demo.stop()
        shutil.rmtree(work, ignore_errors=True)
    print(f"\n{BOLD}done{PLAIN}")


if __name__ == "__main__":
    main()
