"""What clients speak that is not an operation of AWS's API: browsers' forms, preflights, website endpoints.

A front stands before the gateway, takes the requests that are its own, and does what they mean through operations.
"""
