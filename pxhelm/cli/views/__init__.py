"""What people and programs read: tables for the one, JSON and YAML for the other.

Never calls an action and never computes what it shows.
"""
