"""The composition root: the only module that names a concrete adapter.

Never decides anything: it reads settings, makes adapters, and hands them out as ``Services``.
"""

from __future__ import annotations


def jinja_child() -> int:
    """Render one Jinja job from standard input to standard output; the hidden child of ``render.sandbox``."""
    from pxhelm.render.sandbox import child_main

    return child_main()
