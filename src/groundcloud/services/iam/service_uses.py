"""That entities called services: what "last accessed" is worked out from."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from groundcloud.services.iam.provider_records import ServiceUse
from groundcloud.store import Transaction


class ServiceUsed(NamedTuple):
    """That an entity called a service. `entity_arn` is the user's or the role's ARN, `action` the operation's name."""

    account: str
    entity_arn: str
    service: str
    action: str
    region: str
    time: datetime


def note_service_uses(tx: Transaction, uses: Iterable[ServiceUsed]) -> None:
    """Keep when entities last used services and operations; of several uses the newest counts."""
    for use in uses:
        found = tx.get(ServiceUse, use.account, use.entity_arn, use.service)
        if found is None:
            found = ServiceUse(use.account, use.entity_arn, use.service, use.time, use.region)
        if use.time >= found.time:
            found.time, found.region = use.time, use.region
        if use.action and (use.action not in found.actions or use.time >= found.actions[use.action][0]):
            found.actions = {**found.actions, use.action: (use.time, use.region)}
        tx.put(found)
