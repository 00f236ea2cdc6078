"""Webhooks: tells others over HTTP what the journal says, signed, in order, at least once."""
