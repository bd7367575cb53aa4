"""Replays recorded stories of the real Proxmox VE against the simulator: ``python -m tests.replay FILE``."""
