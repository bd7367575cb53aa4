"""``make interop``: pxhelm beside real helm and a real registry, CNCF Distribution, which Go installs into ``.cache``.

The versions are pinned; nothing of them is kept in the repository. Arguments go to pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = {
    "helm-v3.22.0/helm": "helm.sh/helm/v3/cmd/helm@v3.22.0",
    "registry-v3.0.0/registry": "github.com/distribution/distribution/v3/cmd/registry@v3.0.0",
}
TESTS = ("tests/interop", "tests/repo/test_registry.py")


def install() -> None:
    """Install what is not there yet."""
    for path, package in PROGRAMS.items():
        target = ROOT / ".cache" / path
        if not target.exists():
            print(f"installing {package} with go", flush=True)
            subprocess.run(["go", "install", package], check=True, env={**os.environ, "GOBIN": str(target.parent)})


def main() -> None:
    """Install and test."""
    install()
    command = [sys.executable, "-m", "pytest", *TESTS, *sys.argv[1:]]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)


if __name__ == "__main__":
    main()
