"""The command groups of `nba`, one a file, loaded by entry point."""
