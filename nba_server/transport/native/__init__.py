"""The second gRPC transport: HTTP/2 outside Python's lock, the same handlers. See ADR 22 for what it carries and what not."""
