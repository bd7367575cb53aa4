"""What Helm's output owes to Go's libraries: fmt, json, yaml, toml, semver, duration, dates, glob, regexp.

Knows nothing of templates or charts.
"""
