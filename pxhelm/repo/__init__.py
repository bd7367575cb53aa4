"""Where charts come from: references, indexes, folders, HTTP repositories and registries.

Yields ``{path: bytes}``; never interprets a chart.
"""
