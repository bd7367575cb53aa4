"""A chart's own tests: helm-unittest suites as they are, their assertions and snapshots.

Never talks to a cluster and reads no file: texts come in, results and snapshots go out.
"""
