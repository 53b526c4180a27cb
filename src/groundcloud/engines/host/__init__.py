"""The privileged process: the only part that runs as root, with a narrow interface on a Unix socket."""
