"""A Proxmox VE cluster for tests and demos, over real HTTPS or in the process.

An independent oracle: shares the generated API schema with the client and no code.
"""
