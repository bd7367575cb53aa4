"""Charts in OCI registries (edge). Later issue: only the place exists."""
