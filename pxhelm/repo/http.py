"""Chart repositories over HTTP (edge). Later issue: only the place exists."""
