"""Simple Queue Service."""
