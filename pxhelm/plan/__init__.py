"""Last applied, live and desired to a plan: data that says every write before it happens.

Pure: never sends a request, never opens a store.
"""
