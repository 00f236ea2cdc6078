"""Off-policy evaluation: what a policy would have earned, from the log of another. Pure numpy; reads no files."""
