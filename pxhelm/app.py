"""The composition root: the only module that names a concrete adapter.

Never decides anything: it reads settings, makes adapters, and hands them out as ``Services``.
"""
