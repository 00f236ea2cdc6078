"""One file a service: codec, use case, answer. No rules live here."""
