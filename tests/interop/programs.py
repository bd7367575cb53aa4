"""Real helm beside pxhelm, each with a home of its own, in one folder."""

import os
import subprocess
from pathlib import Path

from tests.scripts import forked

ROOT = Path(__file__).parents[2]
HELM = ROOT / ".cache" / "helm-v3.22.0" / "helm"


class Pair:
    """A folder in which helm and pxhelm work in turn."""

    def __init__(self, folder):
        self.folder = folder
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("PXHELM_", "HELM_"))}
        self.env = {**plain, "HOME": str(folder / "home")}
        for name in ("CONFIG", "CACHE", "DATA", "STATE"):
            self.env[f"HELM_{name}_HOME"] = str(folder / "helm" / name.lower())
            self.env[f"PXHELM_{name}_HOME"] = str(folder / "pxhelm" / name.lower())

    def helm(self, line):
        done = subprocess.run([HELM, *line.split()], cwd=self.folder, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def pxhelm(self, line):
        status, out, err = forked.run(line.split(), self.folder, self.env)
        assert status == 0, err
        return out + err

    def both(self):
        """Yield each program with the other: who writes, who reads."""
        return (("helm", self.helm, self.pxhelm), ("pxhelm", self.pxhelm, self.helm))

    def chart(self, name="web", version="1.2.3", **rest):
        folder = self.folder / name
        (folder / "templates").mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{key}: {value}\n" for key, value in rest.items())
        (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\n{lines}")
        (folder / "templates" / "a.yaml").write_text("kind: Pool\nmetadata: {name: {{ .Release.Name }}}\n")
        return folder
