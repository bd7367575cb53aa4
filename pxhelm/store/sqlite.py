"""The store on SQLite (edge)."""
