"""Child processes with limits, for Jinja and post-renderers (edge).

Never renders Go templates: those run in the process, under their own budget.
"""
