"""Parts that kinds share, each a small table of fields: disks, network interfaces, CPU, memory, power.

Never a kind of its own; a part knows no kind.
"""
