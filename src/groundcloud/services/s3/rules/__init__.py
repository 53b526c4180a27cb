"""S3's rules as pure functions: values in, a decision or an AWS error out.

Nothing here knows the store, a socket or the clock; a moment is an argument. One module per rule.
"""
