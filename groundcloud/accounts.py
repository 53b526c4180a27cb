"""The accounts of this installation. IAM and Organizations are AWS's API over them."""

from datetime import datetime

from groundcloud.store import Record


class Account(Record):
    """One account. Its root user is there from the start and has no keys until somebody makes one."""

    table = "account"
    key = ("account",)
    indexes = {"by_email": ("email",), "by_name": ("name",)}

    account: str
    """Twelve digits."""
    name: str
    email: str
    created: datetime
    status: str = "ACTIVE"
    """ACTIVE, SUSPENDED or PENDING_CLOSURE, as Organizations calls them."""


class Installation(Record):
    """What is decided when the cloud starts for the first time."""

    table = "installation"
    key = ("name",)

    default_account: str
    created: datetime
    name: str = "installation"


def root_arn(account: str) -> str:
    return f"arn:aws:iam::{account}:root"
