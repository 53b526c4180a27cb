"""VPCs: what Linux machines are connected by. Only records here; the network engine makes them real."""
