"""One file a command: its options, its call of one action, its exit codes.

No command imports another.
"""
