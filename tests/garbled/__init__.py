"""Answers that no Proxmox gives, at random: every command ends with a clear error, and never with a bug of its own."""
