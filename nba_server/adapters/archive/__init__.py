"""The archive: what left the journal, as a Delta table. See docs/architecture.md for what belongs in this room."""
