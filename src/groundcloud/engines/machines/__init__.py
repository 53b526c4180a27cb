"""Machines, their images and their volumes. Controllers see `wanted.py` only."""
