"""Files, environment, contexts and directories that say how pxhelm runs (edge).

Never opens a store or a connection.
"""
