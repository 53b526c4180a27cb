"""Networks of VPCs. Controllers see `wanted.py` only."""
