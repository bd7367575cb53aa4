"""What a git repository asks for.

Never applies: it hands sources to actions. Later issue: only the place exists.
"""
