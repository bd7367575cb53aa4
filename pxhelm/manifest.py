"""YAML documents with their source positions: what rendering makes and kinds read.

Never interprets a kind.
"""
