"""The functions templates may call, one file per family, each with its ``FUNCTIONS`` table.

No family imports another; what two families share stands in ``golang`` or beside the engine.
"""
