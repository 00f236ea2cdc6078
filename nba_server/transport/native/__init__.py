"""The second gRPC transport: HTTP/2 outside Python's lock, the same handlers. See ADR 24 for what it carries and what not."""
