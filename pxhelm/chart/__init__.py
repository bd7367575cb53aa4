"""Charts as data: files to ``Chart`` and back.

Bytes in, dataclasses out; never reads a disk, never renders.
"""
