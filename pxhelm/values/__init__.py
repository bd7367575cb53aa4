"""Values: merging, the ``--set`` grammar, schemas, and who won.

Never reads a file: texts come in with their names.
"""
