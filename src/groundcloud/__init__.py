"""Groundcloud: your own AWS, on your own ground."""

__version__ = "0.1.0"
