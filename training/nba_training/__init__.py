"""The trainer: from the archive to a model that was compared and published, or refused with reasons.

Each step is a function from inputs to outputs in its own file; only `job.py` knows their order.
"""
