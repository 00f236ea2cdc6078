"""Measurement of experiments: proportions, means, sample ratios, uplift. Pure functions of numbers; reads no files."""
