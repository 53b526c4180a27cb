"""The accounts of this installation. IAM and Organizations are AWS's API over them."""

from collections.abc import Callable
from datetime import datetime

from groundcloud.store import Record, Transaction


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


def new_account(tx: Transaction, name: str, email: str, now: datetime, entropy: Callable[[int], bytes]) -> Account:
    """An account under a number that nobody has."""
    while True:
        number = f"{int.from_bytes(entropy(8), 'big') % 900_000_000_000 + 100_000_000_000}"
        if tx.get(Account, number) is None:
            return tx.put(Account(account=number, name=name, email=email, created=now.replace(microsecond=0)))


def root_arn(account: str) -> str:
    return f"arn:aws:iam::{account}:root"
