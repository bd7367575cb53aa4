"""Helm, kubectl and a reconciler for Proxmox VE, in one file.

The first level holds the user's nouns; who may import whom is the import contract in
``pyproject.toml``, and ``docs/architecture.md`` says why.
"""
