"""Simulated customers with known true answers, decided for by the real core and learned from by the real training steps."""
