"""These tests need real helm and a real registry, which `make interop` installs; elsewhere they are not collected."""

from tests.interop.programs import HELM
from tests.repo.registries import REAL

collect_ignore_glob = [] if HELM.exists() and REAL.exists() else ["test_*.py"]
