"""Protobuf to domain and back, one topic a file. Maps only: what a value must be is checked by the use cases."""
