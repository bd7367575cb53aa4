"""Tells people (edge). Later issue: only the place exists."""
