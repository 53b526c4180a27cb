"""What backups, exports and imports have in common: their ARNs; and what the two that work with a bucket have besides:
what a client's token has begun, their lists, and how one that cannot go on ends."""

from datetime import datetime
from typing import TypeVar

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.resource import Resource
from groundcloud.services.dynamodb.errors import invalid
from groundcloud.services.dynamodb.records import Export, Import
from groundcloud.services.dynamodb.schema import named, plane
from groundcloud.store import Transaction

R = TypeVar("R", Export, Import)


def parts_of(arn: str, kind: str) -> tuple[str, str, str, str]:
    """Account, region, table and id in the ARN of a `backup`, an `export` or an `import`. Raises
    `ValidationException`."""
    parts = arn.split(":", 5)
    path = parts[5].split("/") if len(parts) == 6 else []
    if len(path) != 4 or path[0] != "table" or path[2] != kind or parts[2] != "dynamodb":
        raise invalid(f"Invalid Request: {kind.capitalize()}Arn {arn} is not valid")
    return parts[4], parts[3], path[1], path[3]


def on_arn(ctx: Context, arn: str, kind: str) -> Resource:
    """It as policies see it."""
    account = parts_of(arn, kind)[0]
    return Resource(arn, "" if account == ctx.account else account)


def begun(tx: Transaction, kind: type[R], ctx: Context, token: str) -> R | None:
    """What this client token has begun already."""
    return next(iter(tx.scan(kind, ctx.account, token, index="by_token")), None) if token else None


def listed(ctx: Context, kind: type[R], table_arn: str, after: str, most: int) -> tuple[list[R], str]:
    """The account's, or a table's, behind an ARN; and the ARN to go on from, if there are more."""
    prefix = (named(ctx, table_arn)[2],) if table_arn else ()
    with plane(ctx).snapshot() as tx:
        found = [one for one in tx.scan(kind, ctx.account, ctx.region, *prefix) if one.arn > after]
    return found[:most], found[most - 1].arn if len(found) > most else ""


def fail(made: Export | Import, error: AwsError, ended: datetime) -> None:
    """Note why it cannot go on."""
    made.status, made.ended = "FAILED", ended
    made.failure_code, made.failure_message = f"S3{error.code}", error.message
