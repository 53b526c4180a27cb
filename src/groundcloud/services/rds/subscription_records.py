"""What RDS remembers of who is told of events."""

from groundcloud.services.rds import errors
from groundcloud.services.rds.records import Tag
from groundcloud.store import Record


class EventSubscription(Record):
    """Who is told of which events: none named is all."""

    table = "rds.event_subscription"
    key = ("account", "region", "cust_subscription_id")
    absent = errors.SubscriptionNotFound

    account: str
    region: str
    cust_subscription_id: str
    sns_topic_arn: str
    subscription_creation_time: str
    source_type: str = ""
    source_ids_list: list[str] = []
    event_categories_list: list[str] = []
    enabled: bool = True
    tags: list[Tag] = []

    @property
    def arn(self) -> str:
        return f"arn:aws:rds:{self.region}:{self.account}:es:{self.cust_subscription_id}"
