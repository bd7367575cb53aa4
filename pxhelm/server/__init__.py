"""The HTTP door for the dashboard: parse, call one action in a worker thread, render.

Never holds state of its own. Later issue: only the place exists.
"""
