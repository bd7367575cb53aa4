"""The recorded stories of the real Proxmox VE, read once."""

import gzip
import json
import os
from pathlib import Path

import pytest

FACTS = Path(__file__).parents[3] / "shared" / "facts"


@pytest.fixture(scope="session")
def stories():
    file = FACTS / "pve-9.2-stories.jsonl.gz"
    if not file.exists():
        if os.environ.get("PXHELM_TEST_REQUIRE") == "all":
            pytest.fail(f"{file.name} is missing")
        pytest.skip(f"{file.name} is not beside the checkout")
    return [json.loads(line) for line in gzip.decompress(file.read_bytes()).decode().splitlines()]
