"""Deciding for many customers at once, as a client of the server: the list of an outbound channel, and what became of it."""
