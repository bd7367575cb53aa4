"""The Model Context Protocol door: bytes to messages to one action.

Never touches a store or a cluster itself. Later issue: only the place exists.
"""
