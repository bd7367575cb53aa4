"""Facts generated from the API schema Proxmox publishes: names, types, limits, formats; no prose."""
