"""CloudTrail."""
