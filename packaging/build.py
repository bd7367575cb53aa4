"""Build dist/pxhelm from a clean environment that holds the runtime dependencies and PyInstaller, nothing else."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "packaging" / "requirements-build.txt"


def environment() -> Path:
    """Return the folder of the build environment, made anew when the lock file changed."""
    key = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = ROOT / ".cache" / f"build-{key}"
    ready = folder / ".ready"
    if not ready.exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        subprocess.run([*pip, "--require-hashes", "-r", LOCK], check=True)
        ready.touch()
    return folder


def main() -> None:
    """Build, then say where the file is and how large."""
    folder = environment()
    work = ROOT / "build" / "pyinstaller"
    subprocess.run(
        [
            folder / "bin" / "pyinstaller",
            "--noconfirm",
            "--log-level=WARN",
            f"--distpath={ROOT / 'dist'}",
            f"--workpath={work}",
            ROOT / "packaging" / "pxhelm.spec",
        ],
        check=True,
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONHASHSEED": "1",
            "PYTHONPATH": str(ROOT),
            "PYINSTALLER_ZLIB_COMPRESSION_LEVEL": "0",  # inflating modules is work at every start
        },
    )
    binary = ROOT / "dist" / "pxhelm"
    print(f"{binary.relative_to(ROOT)}: {binary.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
