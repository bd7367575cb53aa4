"""Runs a story of the command line: a .txtar file with commands, what they print, and the files they start from.

The script is the text before the first ``-- FILE --`` line:

    # a comment, one per phase
    pxhelm install web ./chart        must succeed
    ! pxhelm install web ./chart      must fail
    ?5 pxhelm delete vm web           must exit with 5
    stdout TEXT|/REGEX/               the last command printed it (``! stdout`` = did not); stderr likewise
    stdout-is FILE                    standard output equals the file of the archive
    answer TEXT                       standard input of the next command (``\\n`` for a new line)
    env NAME=VALUE                    for all later commands; $NAME is replaced everywhere
    api METHOD PATH [key=value …]     a request sent by hand to the simulated cluster of the story
    asked [N]                         that many requests in all since the last ``asked``; without N none is counted
    writes N                          that many POST, PUT, DELETE (tickets aside) since the last ``writes``; * = any
    capture-token NAME                sets $NAME to the secret that the last ``api`` call made
    capture NAME /REGEX/              sets $NAME to the first group of what the last command printed
    lock VMID LOCK                    somebody's backup (or none: ``-``) locks a guest of the simulated cluster
    simulate [OPTIONS]                a simulator in its own process; sets $URL, $TOKEN, $FINGERPRINT and a context ``sim``
    stop-simulator                    ends it
    forget-simulator                  removes its state, so that the next one is another cluster
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.scripts import forked
from tests.scripts.served import Served

PROGRAM = os.environ.get("PXHELM", "")


def read_archive(path):
    """Return the script's lines and the files of a .txtar archive."""
    parts = re.split(r"^-- (.+?) --\n", path.read_text(), flags=re.MULTILINE)
    return parts[0].splitlines(), dict(zip(parts[1::2], parts[2::2], strict=True))


class StoryError(AssertionError):
    """A line of a story that did not come true."""


@dataclass
class Story:
    """One running story."""

    work: Path
    env: dict[str, str] = field(default_factory=dict)
    stdout: str = ""
    stderr: str = ""
    exit: int = 0
    stdin: str = ""
    served: Served | None = None
    answer: object = None

    def run(self, lines):
        try:
            for number, line in enumerate(lines, 1):
                if line.strip() and not line.lstrip().startswith("#"):
                    try:
                        self.step(self.expand(line.strip()))
                    except StoryError as error:
                        raise StoryError(
                            f"line {number}: {line}\n{error}\nexit {self.exit}\n--- stdout\n{self.stdout}--- stderr\n{self.stderr}"
                        ) from None
        finally:
            if self.served:
                self.served.stop()

    def expand(self, line):
        return re.sub(r"\$([A-Z_]+)", lambda m: self.env.get(m.group(1), m.group(0)), line)

    def step(self, line):
        wanted, line = expectation(line)
        word, _, rest = line.partition(" ")
        if word == "pxhelm":
            self.command(shlex.split(rest), wanted)
            return
        handler = getattr(self, f"do_{word.replace('-', '_')}", None)
        if handler is None:
            raise StoryError(f"unknown word {word}")
        handler(rest, wanted)

    @staticmethod
    def program():
        return [PROGRAM] if PROGRAM else [sys.executable, "-m", "pxhelm"]

    def command(self, arguments, wanted):
        run = self.spawn if PROGRAM else self.fork
        self.exit, self.stdout, self.stderr = run(arguments)
        self.stdin = ""
        if not ((self.exit != 0) == wanted if isinstance(wanted, bool) else self.exit == wanted):
            raise StoryError("another exit status than expected")

    def fork(self, arguments):
        return forked.run(arguments, self.work, self.env, self.stdin)

    def spawn(self, arguments):
        done = subprocess.run(
            [*self.program(), *arguments],
            cwd=self.work,
            env=self.env,
            input=self.stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout, done.stderr

    def do_stdout(self, pattern, negated):
        expect(self.stdout, pattern, negated)

    def do_stderr(self, pattern, negated):
        expect(self.stderr, pattern, negated)

    def do_stdout_is(self, name, _negated):
        wanted = (self.work / name).read_text()
        if self.stdout != wanted:
            raise StoryError(f"expected\n{wanted}")

    def do_answer(self, text, _negated):
        self.stdin = text.replace("\\n", "\n")

    def do_env(self, assignment, _negated):
        name, _, value = assignment.partition("=")
        self.env[name] = value

    def do_simulate(self, options, _negated):
        self.served = Served(self.work / "simulator", shlex.split(options))
        self.env |= self.served.environment()
        config = self.work / "config" / "config.yaml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(self.served.config())

    def do_stop_simulator(self, _rest, _negated):
        self.served.stop()

    def do_forget_simulator(self, _rest, _negated):
        shutil.rmtree(self.work / "simulator")

    def do_api(self, rest, _negated):
        method, path, *pairs = shlex.split(rest)
        self.answer = self.served.api(method, path, dict(p.split("=", 1) for p in pairs))

    def do_capture_token(self, name, _negated):
        self.env[name] = self.answer["value"]

    def do_asked(self, count, _negated):
        found = self.served.asked()
        if count and len(found) != int(count):
            raise StoryError(f"{len(found)} requests: {found}")

    def do_writes(self, count, _negated):
        found = self.served.writes()
        if count != "*" and len(found) != int(count):
            raise StoryError(f"{len(found)} writes: {found}")

    def do_capture(self, rest, _negated):
        name, _, pattern = rest.partition(" ")
        found = re.search(pattern.strip("/"), self.stdout, re.MULTILINE)
        if found is None:
            raise StoryError(f"not found: {pattern}")
        self.env[name] = found.group(1)

    def do_lock(self, rest, _negated):
        vmid, lock = rest.split()
        self.served.lock(int(vmid), "" if lock == "-" else lock)


def expectation(line):
    """Return what the exit status shall be (False: success, True: failure, a number) and the rest of the line."""
    if line.startswith("! "):
        return True, line[2:]
    if match := re.match(r"\?(\d+) ", line):
        return int(match.group(1)), line[match.end() :]
    return False, line


def expect(text, pattern, negated):
    regex = pattern[1:-1] if len(pattern) > 1 and pattern[0] == pattern[-1] == "/" else re.escape(pattern)
    if bool(re.search(regex, text, re.MULTILINE)) == negated:
        raise StoryError(f"{'found' if negated else 'not found'}: {pattern}")


def start(path, work):
    """Lay the archive's files out in ``work`` and return the story and its lines."""
    lines, files = read_archive(path)
    for name, text in files.items():
        target = work / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    env = {k: v for k, v in os.environ.items() if not k.startswith("PXHELM_")}
    env |= {f"PXHELM_{name.upper()}_HOME": str(work / name) for name in ("config", "data", "cache", "state")}
    env |= {"WORK": str(work), "TZ": "UTC", "COLUMNS": "200", "PYTHONPATH": str(Path(__file__).parents[2])}
    return Story(work, env), lines
