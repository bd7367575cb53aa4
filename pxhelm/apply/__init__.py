"""Executes a plan step by step, with a journal that survives kill -9.

``machine`` decides (pure), ``runner`` does (edge).
"""
