"""Executes a plan step by step, with a journal that survives kill -9.

``planning`` (and ``gather``) looks and makes the plan; ``engine`` carries one out: it enters the objects in the store
(``records``, ``vmids``) and gives each to ``runner`` (edge), which has its ``machine`` (pure; ``state``, ``resolve`` and
``failures`` are its parts) by a ``worker`` and writes ``journal``. ``memory`` is what the store remembers, ``result`` what became of it.
"""
