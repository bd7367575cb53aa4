"""The cluster of the kinds' tests."""

from tests.kinds.conftest import cluster

__all__ = ["cluster"]
