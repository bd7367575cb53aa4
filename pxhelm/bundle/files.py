"""Reads and writes the bundle on disk (edge). Later issue: only the place exists."""
