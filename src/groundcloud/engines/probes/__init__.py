"""The engine behind health checks: several checkers, each on its own schedule, that really ask the endpoint.

`board.py` decides who is healthy, without clocks and sockets; `endpoint.py` asks; `prober.py` says when, and tells.
"""
