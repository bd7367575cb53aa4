"""The loop that never ends (edge). Later issue: only the place exists."""
