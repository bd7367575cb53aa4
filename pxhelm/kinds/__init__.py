"""The catalogue of kinds, one file each. No kind imports another."""
