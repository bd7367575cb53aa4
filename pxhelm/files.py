"""Writes what an action returns as ``{path: bytes}``, atomically (edge).

Never decides what to write.
"""
