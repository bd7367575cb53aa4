"""Sends requests to Proxmox VE over HTTPS (edge).

Never retries a write, never decides what to send.
"""
