"""The ports in plain SQL, in the common subset of SQLite and PostgreSQL.

Never opens a connection: an edge gives one that runs statements with ``?`` placeholders.
"""
