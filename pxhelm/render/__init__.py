"""Chart and values to manifests, hooks and notes, with a source map.

Pure but for ``sandbox``, which runs child processes for Jinja and post-renderers.
"""
