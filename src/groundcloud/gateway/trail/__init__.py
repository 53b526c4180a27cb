"""CloudTrail's events: one for each call, in CloudTrail's own shape, kept in the store.

The event of a call that writes is in the transaction of that call. Those of reads are gathered and written together, a
second later at most. CloudTrail's API over them is a service of its own.
"""

from groundcloud.gateway.trail.recorder import Recorder
from groundcloud.trail import EventBatch

__all__ = ["EventBatch", "Recorder"]
