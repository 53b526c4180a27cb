"""What a machine does at its first boot: what cloud-init does on EC2, from the metadata service.

It is copied into each image and runs there, by that system's own Python (3.10 or later) and without anything else of
Groundcloud. `userdata.py` and `config.py` are pure.
"""
