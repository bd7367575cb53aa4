"""Executes steps against the cluster, journaling each (edge)."""
