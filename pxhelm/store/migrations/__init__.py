"""The numbered migrations, oldest first; an applied one is never edited.

The table names files so that a packaged binary finds them and start-up reads none of them.
"""

from __future__ import annotations

import pkgutil

MIGRATIONS = ("0001_everything.sql", "0002_contexts.sql", "0003_conditions.sql", "0004_reasons.sql")

VERSION = len(MIGRATIONS)


def statements(version: int) -> list[str]:
    """Return the statements of one migration (1 is the first); each ends with a semicolon at the end of a line."""
    raw = pkgutil.get_data(__name__, MIGRATIONS[version - 1])
    assert raw is not None, "migrations are packaged with the code"
    lines = [line for line in raw.decode().splitlines() if not line.startswith("--")]
    return [text for part in "\n".join(lines).split(";\n") if (text := part.strip().removesuffix(";"))]
