"""Machines as containers of an LXD or Incus cluster: the machine engine for more than one machine."""
