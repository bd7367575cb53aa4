"""Suites of a chart's own tests: load, assertions, snapshots.

Never talks to a cluster. Later issue: only the place exists.
"""
