"""Bytes on standard input and output (edge). Later issue: only the place exists."""
