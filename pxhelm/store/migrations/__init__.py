"""Numbered SQL scripts in the common subset of SQLite and PostgreSQL."""
