"""Tests mirror the package; see docs/architecture.md."""
