"""The store on PostgreSQL (edge). Later issue: only the place exists."""
