"""AWS Organizations: many accounts under one, and the policies that bound them.

Nothing is imported here: every start needs `control.py`, and only calls of Organizations the operations (`service.py`).
"""
