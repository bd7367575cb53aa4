"""Charts on this machine: a folder or a .tgz, read into memory (edge)."""
