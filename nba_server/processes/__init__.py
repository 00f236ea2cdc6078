"""Processes of one server: children that are restarted, that die with their parent, and the port that they share."""
