"""Devices and groups of fields that several kinds share, each a small table of its own."""
