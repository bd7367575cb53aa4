"""What to look at next and what to do about drift.

Never plans or applies by itself: it calls actions. Later issue: only the place exists.
"""
