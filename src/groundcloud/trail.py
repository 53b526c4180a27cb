"""What the gateway remembers of calls, and CloudTrail reads."""

from groundcloud.store import Record


class EventBatch(Record):
    """Events of one account and region, in the order of their times; each is one JSON document."""

    table = "cloudtrail.events"
    key = ("account", "region", "milliseconds", "batch_id")
    watched = False

    account: str
    region: str
    milliseconds: int
    """Unix time of the first event."""
    batch_id: str
    events: list[bytes]


class DataEventBatch(EventBatch):
    """The same for data events, which are kept only where a trail asks for them, and only until it has them."""

    table = "cloudtrail.data_events"
