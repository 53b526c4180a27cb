"""How calls name groups and streams, and what policies see of them.

A group is given by its name or its ARN. Policies see `log-group:NAME:log-stream:STREAM`, with nothing behind the last
colon where a call is about the group ("Overview of managing access permissions", CloudWatch Logs guide).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.resource import Resource
from groundcloud.services.logs import errors
from groundcloud.services.logs.records import LogGroup, LogStream, ResourcePolicy
from groundcloud.store import Store, Transaction

PLANE = "logs"
Owner = tuple[str, str, str]


def plane(ctx: Context) -> Store:
    """Logs' own store."""
    return ctx.world.plane(PLANE)


def milliseconds(ctx: Context) -> int:
    """The time as Logs shows it."""
    return int(ctx.world.clock().timestamp() * 1000)


def named(ctx: Context, name_or_arn: str) -> Owner:
    """Account, region and name of a group. Raises `InvalidParameterException`."""
    if not name_or_arn.startswith("arn:"):
        return ctx.account, ctx.region, name_or_arn
    parts = name_or_arn.split(":", 6)
    if len(parts) != 7 or parts[2] != "logs" or parts[5] != "log-group":
        raise errors.invalid(f"Invalid ARN: {name_or_arn}")
    name = parts[6][:-2] if parts[6].endswith(":*") else parts[6]
    return parts[4], parts[3], name


def either(ctx: Context, name: str, identifier: str) -> Owner:
    """The group of a call that takes its name or its identifier, one of them. Raises `InvalidParameterException`."""
    if bool(name) == bool(identifier):
        raise errors.invalid("Exactly one of logGroupName and logGroupIdentifier must be specified.")
    return named(ctx, name or identifier)


def find_group(tx: Transaction, owner: Owner) -> LogGroup:
    """Raises `ResourceNotFoundException`."""
    found = tx.get(LogGroup, *owner)
    if found is None:
        raise errors.GroupNotFound()
    return found


def find_stream(tx: Transaction, owner: Owner, stream: str) -> LogStream:
    """Raises `ResourceNotFoundException`."""
    found = tx.get(LogStream, *owner, stream)
    if found is None:
        raise errors.StreamNotFound()
    return found


class GroupTags(Mapping[str, str]):
    """A group's tags, read when a policy asks for one: most do not, and each commit would make the next call read."""

    __slots__ = ("_owner", "_store")

    def __init__(self, store: Store, owner: Owner) -> None:
        self._store = store
        self._owner = owner

    def _tags(self) -> dict[str, str]:
        with self._store.snapshot() as tx:
            group = tx.view(LogGroup, *self._owner)
        return group.tags if group is not None else {}

    def __getitem__(self, name: str) -> str:
        return self._tags()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tags())

    def __len__(self) -> int:
        return len(self._tags())


def resource(ctx: Context, owner: Owner, stream: str = "", whole: bool = False) -> Resource:
    """A group or a stream as policies see it. `whole` is the form that the tagging operations ask for."""
    account, region, name = owner
    arn = f"arn:aws:logs:{region}:{account}:log-group:{name}"
    policy = None
    if account != ctx.account or ctx.principal.service:
        with plane(ctx).snapshot() as tx:
            policy = _policy(tx, account, region)
    return Resource(
        arn if whole else f"{arn}:log-stream:{stream}",
        account="" if account == ctx.account else account,
        tags=GroupTags(plane(ctx), owner) if name else None,
        policy=policy,
    )


def _policy(tx: Transaction, account: str, region: str) -> str | None:
    """The account's resource policies, which let other accounts and services in, as one."""
    import json

    statements: list[Any] = []
    for each in tx.scan(ResourcePolicy, account, region):
        found = json.loads(each.policy_document)["Statement"]
        statements += found if isinstance(found, list) else [found]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}) if statements else None


def on_group(ctx: Context, log_group_name: str) -> Resource:
    return resource(ctx, named(ctx, log_group_name))


def on_either(ctx: Context, log_group_name: str, log_group_identifier: str) -> Resource:
    return resource(ctx, either(ctx, log_group_name, log_group_identifier))


def on_stream(ctx: Context, log_group_name: str, log_stream_name: str) -> Resource:
    return resource(ctx, named(ctx, log_group_name), log_stream_name)


def on_either_stream(ctx: Context, log_group_name: str, log_group_identifier: str, log_stream_name: str) -> Resource:
    return resource(ctx, either(ctx, log_group_name, log_group_identifier), log_stream_name)


def on_groups(ctx: Context, identifiers: Sequence[str]) -> list[Resource]:
    return [resource(ctx, named(ctx, each)) for each in identifiers]
