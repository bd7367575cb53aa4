"""Releases as Helm knows them: the state machine, hooks and tests over a port of objects.

Helm's behaviour to the letter; never knows what an object is made of.
"""
