"""The DNS engine: an authoritative server over tables in memory, and the same answers for the resolvers of VPCs.

`wire.py` and `message.py` speak the protocol, `zones.py` holds the data, `lookup.py` finds the answer, `policies.py`
chooses among records, `answering.py` is what others call, and only `server.py` and `sockets.py` touch the network.
"""
