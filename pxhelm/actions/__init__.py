"""Verbs: each file is one thing a user asks for, as a stretch of the one line in layout.md section 5.

Never prints, never parses flags, never names an adapter: the ports come in ``Services``.
"""
