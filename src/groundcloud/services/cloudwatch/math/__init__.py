"""Metric math: expressions over series. Pure.

Source: "Using math expressions with CloudWatch metrics" in the user guide.
"""
