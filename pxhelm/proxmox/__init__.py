"""The Proxmox VE API as data: requests, property strings, tasks, errors.

Operations are generators of requests; only ``client`` opens a connection.
"""
