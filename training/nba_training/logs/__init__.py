"""Readers of logs for off-policy evaluation: the archive, JSON Lines, tables with a mapping, VowpalWabbit's dsjson."""
