"""Carries out what the outbox holds: notices to queues and topics, and the messages of topics to their subscriptions.

publisher.py       the loop: what is due, how many at once, in which order, what comes of it
subscriptions.py   one delivery to one subscription, over the engine of its protocol
"""
