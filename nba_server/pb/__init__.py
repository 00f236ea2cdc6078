# Generated from proto/ by tools/generate.py. Do not edit.
"""Generated protobuf messages and gRPC stubs of nba.v1."""
