"""Drives the simulator through one story, on a clock of its own."""

import json
import re
from urllib.parse import urlencode

from pxhelm.simulator.cluster import Cluster
from pxhelm.simulator.errors import ApiError, BlockedError
from pxhelm.simulator.happenings import happen
from pxhelm.simulator.seed import entropy_of
from pxhelm.simulator.tasks import LOCK_TIMEOUT
from pxhelm.simulator.wire import HttpRequest, failure
from pxhelm.simulator.world import Moment, World
from tests.replay.compare import Comparison, matches_text
from tests.replay.standard import load

STEP = 0.01
PATIENCE = 400


class StoryError(Exception):
    """The story differs from the recording."""


class Story:
    """One story's run."""

    def __init__(self, told, rows, now):
        self.told = told
        self.state = load(rows)
        self.cluster = Cluster(self.state)
        self.now = now
        self.entropy = entropy_of(11)
        self.saved = {}

    def moment(self):
        return Moment(self.now, self.entropy, 1.0, 10.0)

    def run(self):
        self._login()
        for place, step in enumerate(self.told["steps"]):
            try:
                self._step(step)
            except StoryError as problem:
                raise StoryError(f"step {place}: {describe(step)}\n    {problem}") from None

    def _login(self):
        body = urlencode({"username": "root@pam", "password": "secret123"}).encode()
        form = {"content-type": "application/x-www-form-urlencoded"}
        answer, _ = self._send(HttpRequest("POST", "/api2/json/access/ticket", form, body))
        data = json.loads(answer.body)["data"]
        self.root = {"cookie": f"PVEAuthCookie={data['ticket']}", "csrfpreventiontoken": data["CSRFPreventionToken"]}

    def _step(self, step):
        if "parallel" in step:
            self._parallel(step)
        elif "event" in step:
            self._event(step)
        elif "wait" in step:
            self._check_task(self._fill(step["wait"]), step["task"])
        else:
            reply = self._request(step)
            if "task" in step:
                self._check_task(reply["data"], step["task"])

    def _event(self, step):
        if step["event"] == "wait-seconds":
            self.now += step["seconds"]
            self.cluster.settle(self.moment())
        else:
            happen(World(self.state, self.moment()), step)
        self.state.take_changes()

    # requests

    def _fill(self, value):
        if isinstance(value, str):
            return re.sub(r"\$\{([^}]+)\}", lambda m: str(self.saved[m[1]]), value)
        if isinstance(value, list):
            return [self._fill(v) for v in value]
        if isinstance(value, dict):
            return {k: self._fill(v) for k, v in value.items()}
        return value

    def _headers(self, step):
        who = step["as"]
        found = {}
        if who == "root-ticket":
            found = dict(self.root)
        elif who.startswith("token:"):
            name = who[6:]
            found = {"authorization": f"PVEAPIToken={name}={self.saved.get('secret:' + name, 'none')}"}
        elif who.startswith("ticket:"):
            name = who[7:]
            found = {
                "cookie": f"PVEAuthCookie={self.saved['ticket:' + name]}",
                "csrfpreventiontoken": self.saved["csrf:" + name],
            }
        if step["method"] == "GET":
            found.pop("csrfpreventiontoken", None)
        for name, value in self._fill(step.get("headers", {})).items():
            if value is None:
                found.pop(name.lower(), None)
            else:
                found[name.lower()] = value
        return found

    def _http(self, step):
        headers = self._headers(step)
        target = step.get("base", "/api2/json") + self._fill(step["path"])
        body = b""
        if "json" in step:
            body = json.dumps(self._fill(step["json"])).encode()
            headers.setdefault("content-type", "application/json")
        elif "body" in step:
            body = self._fill(step["body"]).encode()
        elif "upload" in step:
            headers["content-type"] = "multipart/form-data; boundary=frontier"
            body = multipart(*step["upload"])
        elif step.get("params"):
            form = urlencode(self._fill(step["params"]), doseq=True)
            if step["method"] in ("GET", "DELETE", "HEAD", "OPTIONS"):
                target += ("&" if "?" in target else "?") + form
            else:
                body = form.encode()
                headers.setdefault("content-type", "application/x-www-form-urlencoded")
        return HttpRequest(step["method"], target, headers, body)

    def _send(self, request):
        """Send one request; a lock makes the clock go on. Returns the answer and how long it took."""
        began = self.now
        while True:
            try:
                answer, _ = self.cluster.answer(request, self.moment())
                break
            except BlockedError as blocked:
                self.state.forget()
                if self.now >= began + LOCK_TIMEOUT:
                    answer = failure("json", ApiError(blocked.what))
                    break
                self.now = min(blocked.until, began + LOCK_TIMEOUT)
        self.state.take_changes()
        self.now += answer.delay + STEP
        return answer, self.now - began

    def _request(self, step):
        answer, took = self._send(self._http(step))
        expect = step["expect"]
        problems = []
        if answer.status != expect["status"]:
            problems.append(f"status {expect['status']} expected, got {answer.status} {answer.reason}")
        elif not matches_text(expect["reason"], answer.reason):
            problems.append(f"reason expected {expect['reason']!r}, got {answer.reason!r}")
        reply = None
        if "reply" in expect:
            try:
                reply = json.loads(answer.body)
            except ValueError:
                problems.append(f"no JSON: {answer.body[:200]!r}")
            else:
                comparison = Comparison(ordered=step.get("ordered"), subset=step.get("subset", ()))
                problems += comparison.differences(expect["reply"], reply)
        elif not matches_text(expect.get("text", ""), answer.body.decode()) and step["method"] != "HEAD":
            problems.append(f"text expected {expect.get('text')!r}, got {answer.body[:300]!r}")
        if expect.get("delayed") and took < 2:
            problems.append(f"delayed in the recording, took {took:.1f} s here")
        if expect.get("delayed_s") and not expect["delayed_s"] * 0.5 <= took <= expect["delayed_s"] * 2:
            problems.append(f"took {expect['delayed_s']} s in the recording, {took:.1f} s here")
        if problems:
            raise StoryError("\n    ".join(problems[:6]))
        for name, pointer in step.get("save", {}).items() if answer.status == 200 else ():
            self.saved[name] = at_pointer(reply, pointer)
        return reply

    # tasks

    def _finish(self, upid):
        for _ in range(PATIENCE):
            row = self.state.get("task", upid)
            if row is None:
                raise StoryError(f"no task {upid}")
            if row["status"] is not None:
                return row
            self.now = max(self.now, self.state.get("due", upid)["at"])
            self.cluster.settle(self.moment())
            self.state.take_changes()
        raise StoryError(f"the task does not end: {upid}")

    def _check_task(self, upid, task):
        row = self._finish(upid)
        for key in ("type", "id"):
            if row[key] != task[key]:
                raise StoryError(f"task {key}: expected {task[key]!r}, got {row[key]!r}")
        if not matches_text(task["exitstatus"], row["status"]):
            raise StoryError(f"task status: expected {task['exitstatus']!r}, got {row['status']!r}; log {row['log']}")
        if task.get("log") and task["log"][-1] and not matches_text(task["log"][-1], row["log"][-1]):
            raise StoryError(f"last line of the log: expected {task['log'][-1]!r}, got {row['log'][-1]!r}")

    # parallel

    def _parallel(self, step):
        """Send one after the other at one moment; then compare the outcomes as multisets."""
        outcomes, tasks = [], []
        for part in step["parallel"]:
            answer, _ = self._send(self._http(part))
            self.now -= STEP
            data = json.loads(answer.body).get("data") if answer.body else None
            upid = data if isinstance(data, str) and data.startswith("UPID:") else None
            outcomes.append((answer.status, answer.reason))
            tasks.append(upid)
        actual = [(*o, self._finish(u)["status"] if u else None) for o, u in zip(outcomes, tasks, strict=True)]
        wanted = [self._outcomes(step["parallel"])]
        if step.get("alternative"):
            wanted.append([self._alternative(a) for a in step["alternative"]])
        if not any(same_outcomes(w, actual) for w in wanted):
            raise StoryError(f"outcomes expected {wanted}, got {actual}")

    @staticmethod
    def _outcomes(parts):
        return [(p["expect"]["status"], p["expect"]["reason"], p.get("task", {}).get("exitstatus")) for p in parts]

    @staticmethod
    def _alternative(told):
        if isinstance(told, dict):
            return (told["status"], told["reason"], told.get("exitstatus", (told.get("task") or {}).get("exitstatus")))
        return tuple(told) if len(told) == 3 else (*told, None)


def same_outcomes(wanted, actual):
    rest = list(actual)
    for status, reason, exit_status in wanted:
        for each in rest:
            same = each[0] == status and matches_text(reason, each[1])
            if same and (exit_status == each[2] or (exit_status and each[2] and matches_text(exit_status, each[2]))):
                rest.remove(each)
                break
        else:
            return False
    return not rest


def at_pointer(value, pointer):
    for part in pointer.split("/")[1:]:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def multipart(fields, name, content):
    parts = [f'--frontier\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    parts.append(f'--frontier\r\nContent-Disposition: form-data; name="filename"; filename="{name}"\r\n')
    parts.append(f"Content-Type: application/octet-stream\r\n\r\n{content}\r\n--frontier--\r\n")
    return "".join(parts).encode()


def describe(step):
    if "method" in step:
        return f"{step.get('as')} {step['method']} {step['path']} {json.dumps(step.get('params', step.get('json', {})))[:300]}"
    return json.dumps({k: v for k, v in step.items() if k != "parallel"})[:200]
