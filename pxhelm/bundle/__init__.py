"""What an air-gapped site carries: a manifest of files with digests.

Never fetches. Later issue: only the place exists.
"""
