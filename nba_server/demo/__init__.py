"""The demo on real data: a grocery chain's year, replayed through the API, learned from, and served.

A client like any other, but for the replay clock; it must not reach into the server.
"""
