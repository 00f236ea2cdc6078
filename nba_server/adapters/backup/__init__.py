"""Backups of store and archive together: made from a running server or at rest, checked, restored."""
