"""What decisions are measured against. Each peer is a program of its own; none is imported by the server."""
