"""Serves the simulated cluster over HTTPS, or in the process (edge)."""
