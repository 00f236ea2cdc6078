"""The store on the Redis protocol: everything of one customer in one hash slot, changed by one atomic call.

`store.py` is the way in. Nothing here knows the wire format of answers or journal entries.
"""
