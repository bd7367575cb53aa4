"""What a kind is: fields, effects, identity, steps, and the parts that kinds share.

Knows no concrete kind and sends nothing: operations are generators of requests.
"""
