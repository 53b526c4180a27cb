"""One delivery of a topic's message to a subscription, and why a receiver did not take it."""

from typing import NamedTuple

from groundcloud.services.sns.records import Publication, Subscription, Topic
from groundcloud.services.sns.subscriptions import Task

SERVICE = "sns.amazonaws.com"
"""As whom SNS delivers."""


class Delivery(NamedTuple):
    """All that one delivery needs, read at once. `sent` is None for the question whether it is wanted."""

    task: Task
    subscription: Subscription
    topic: Topic
    sent: Publication | None


class Failed(Exception):
    """The receiver did not take it. `permanent`: it never will. `status` is what it answered, as HTTP numbers it."""

    def __init__(self, reason: str, permanent: bool, status: int = 500) -> None:
        self.permanent = permanent
        self.status = status
        super().__init__(reason)
