"""Whole stories of the command line."""
