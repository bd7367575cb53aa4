"""Executes a plan step by step, with a journal that survives kill -9.

``planning`` (and ``gather``) looks and makes the plan; ``engine`` carries one out: it enters the objects in the store
(``records``, ``vmids``) and gives each to ``runner`` (edge). A ``worker`` drives the object's ``machine`` (pure; ``state``,
``resolve`` and ``failures`` are its parts) and writes ``journal``. ``memory`` is what the store remembers of an object,
``result`` what became of it.
"""
