"""Instances and what they are made of: images, key pairs, instance types."""
