"""The agent of a database machine: asks its cloud what the database should be, makes it so, and says how it is.

It runs inside the machine, with Debian's Python and nothing else. Nobody calls it: it asks the metadata service.
"""
