"""`nba bench`: how fast decisions are, measured beside peers on the same machine in the same run."""
