"""EC2: a private network of one's own, and the machines in it."""
