"""What subscribers are told of an event: AWS's number of it, and the message for the topic.

Source: "Amazon RDS event categories and event messages", "Subscribing to Amazon RDS event notification".
"""

import json

from groundcloud.outbox import Notice
from groundcloud.services.rds.records import Event

_NUMBERS = {
    "Backing up DB instance": 1,
    "Finished DB Instance backup": 2,
    "DB instance deleted": 3,
    "DB instance created": 5,
    "DB instance restarted": 6,
    "The allocated storage for the DB instance has been consumed": 7,
    "Multi-AZ instance failover started": 13,
    "The master user password was changed": 16,
    "Recovery of the DB instance has started": 20,
    "Recovery of the DB instance is complete": 21,
    "Database instance put into": 35,
    "Creating manual snapshot": 40,
    "Manual snapshot created": 42,
    "Deleted manual snapshot": 41,
    "Restored from snapshot": 43,
    "Promoted Read Replica": 46,
    "Multi-AZ instance failover completed": 49,
    "Completed failover to DB instance": 71,
    "Started failover to DB instance": 73,
    "DB instance stopped": 87,
    "DB instance started": 88,
    "The free storage capacity for DB instance": 89,
    "Creating automated snapshot": 90,
    "Automated snapshot created": 91,
    "Applying autoscaling-initiated modification": 217,
}
"""By the beginnings of the messages."""
_DOCUMENT = "http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html"
_LINKS = {
    "db-cluster": "dbcluster",
    "db-instance": "dbinstance",
    "db-snapshot": "db-snapshot",
    "db-parameter-group": "parameter-group",
}


def event_number(message: str) -> str:
    """`#RDS-EVENT-0006`; nothing for an event that AWS has not."""
    found = next((number for begins, number in _NUMBERS.items() if message.startswith(begins)), None)
    return f"#RDS-EVENT-{found:04d}" if found is not None else ""


def notice_of(event: Event) -> Notice:
    """The message for a topic."""
    console = f"https://console.aws.amazon.com/rds/home?region={event.region}"
    content = {
        "Event Source": event.source_type,
        "Event Time": f"{event.date:%Y-%m-%d %H:%M:%S.%f}"[:-3],
        "Identifier Link": f"{console}#{_LINKS.get(event.source_type, event.source_type)}:id={event.source_identifier}",
        "Source ID": event.source_identifier,
        "Source ARN": event.source_arn,
        "Event ID": _DOCUMENT + event_number(event.message),
        "Event Message": event.message,
    }
    return Notice(
        service="rds.amazonaws.com",
        source_arn=event.source_arn,
        source_account=event.account,
        message=json.dumps(content, separators=(",", ":")),
        subject="RDS Notification Message",
        as_owner=True,
    )
