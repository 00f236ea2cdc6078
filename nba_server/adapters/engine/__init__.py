"""The embedded engine: finds the bundled server binary, starts, adopts and stops it.

It knows processes, sockets and files, and nothing of what is stored.
"""
