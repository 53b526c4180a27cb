"""Canonical user ids: how S3 calls accounts."""

import hashlib
from functools import lru_cache
from typing import Any

from groundcloud.accounts import Account
from groundcloud.context import Context
from groundcloud.services.s3.records import Bucket
from groundcloud.services.s3.rules.acl import Accounts


@lru_cache(maxsize=4096)
def canonical_id(account: str) -> str:
    """An account's canonical user id: 64 hexadecimal digits, always the same."""
    return hashlib.sha256(f"canonical user {account}".encode()).hexdigest()


def account_of(ctx: Context, canonical: str) -> str | None:
    """The account with this canonical id, if there is one."""
    return next((each.account for each in ctx.tx.scan(Account) if canonical_id(each.account) == canonical), None)


def shown_owner(ctx: Context, bucket: Bucket) -> dict[str, Any]:
    return {"id": canonical_id(bucket.account)}


def accounts(ctx: Context) -> Accounts:
    """How grants find accounts."""

    def by_email(email: str) -> str | None:
        found = next(ctx.tx.scan(Account, email, index="by_email"), None)
        return canonical_id(found.account) if found is not None else None

    return Accounts(lambda canonical: account_of(ctx, canonical) is not None, by_email)
