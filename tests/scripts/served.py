"""A simulator in its own process, and the hand that changes things past pxhelm."""

import json
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

PROGRAM = os.environ.get("PXHELM", "")


class Served:
    """``pxhelm simulate`` in the background."""

    def __init__(self, folder, options=()):
        folder.mkdir(parents=True, exist_ok=True)
        program = [PROGRAM] if PROGRAM else [sys.executable, "-m", "pxhelm"]
        arguments = ["simulate", "--port", "0", "--state", str(folder / "state.db"), "--output", "json"]
        if "--time-scale" not in options:
            arguments += ["--time-scale", "0"]
        self.process = subprocess.Popen([*program, *arguments, *options], stdout=subprocess.PIPE, text=True)
        told = json.loads(self.process.stdout.readline())
        self.url, self.token, self.fingerprint = told["url"], told["token"], told["fingerprint"]
        self.seen = self.counted = 0

    def environment(self):
        return {
            "URL": self.url,
            "TOKEN": self.token,
            "FINGERPRINT": self.fingerprint,
            "SIM_TOKEN": self.token.partition("=")[2],
        }

    def config(self):
        return (
            "currentContext: sim\ncontexts:\n- name: sim\n"
            f"  endpoints: [{self.url}]\n  tokenID: {self.token.partition('=')[0]}\n"
            f"  token: {{env: SIM_TOKEN}}\n  tls: {{fingerprint: '{self.fingerprint}'}}\n"
        )

    def api(self, method, path, params=None, base="/api2/json"):
        """Send one request; the ``data`` of the answer."""
        query = urllib.parse.urlencode(params or {})
        url = self.url + base + path + (f"?{query}" if query and method in ("GET", "DELETE") else "")
        body = query.encode() if method in ("POST", "PUT") else None
        request = urllib.request.Request(
            url, data=body, method=method, headers={"Authorization": f"PVEAPIToken={self.token}"}
        )
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with urllib.request.urlopen(request, context=context, timeout=60) as answer:
                found = json.load(answer)
                return found["data"] if isinstance(found, dict) else found
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.reason}") from None

    def log(self):
        """Return the requests the simulator got, oldest first."""
        return self.api("GET", "/log", base="/simulator")

    def asked(self):
        """Return all requests since the last call."""
        rows = self.log()
        new, self.counted = rows[self.counted :], len(rows)
        return [f"{r['method']} {r['path']}" for r in new]

    def writes(self):
        """Return the changing requests since the last call, tickets aside."""
        rows = self.log()
        new = [r for r in rows[self.seen :] if r["method"] != "GET" and not r["path"].endswith("/access/ticket")]
        self.seen = len(rows)
        return [f"{r['method']} {r['path']}" for r in new]

    def lock(self, vmid, lock):
        """Lock a guest as somebody's backup does, or unlock it."""
        event = {"event": "set-lock", "vmid": vmid, "lock": lock} if lock else {"event": "clear-lock", "vmid": vmid}
        self.happen(event)

    def happen(self, event):
        """Make something happen outside of the API."""
        request = urllib.request.Request(
            f"{self.url}/simulator/event",
            data=json.dumps(event).encode(),
            method="POST",
            headers={"Content-Type": "application/json"},
        )
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with urllib.request.urlopen(request, context=context, timeout=10):
            pass

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
