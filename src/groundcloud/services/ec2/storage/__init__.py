"""Volumes, snapshots and the images made of them."""
