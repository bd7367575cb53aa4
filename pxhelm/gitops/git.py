"""Runs git (edge). Later issue: only the place exists."""
