"""What identity providers, devices and certificates share: ARNs, tags, quotas."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.resource import Resource
from groundcloud.services.iam import provider_errors as errors
from groundcloud.services.iam.provider_records import OidcProvider, SamlProvider, ServerCertificate, VirtualMfaDevice
from groundcloud.services.iam.records import Tag

Tagged = SamlProvider | OidcProvider | VirtualMfaDevice | ServerCertificate
MOST_TAGS = 50


def tags_set(old: Sequence[Tag], new: Sequence[Tag]) -> list[Tag]:
    """Tags after some were set. Capitals of their keys count here, unlike with users and roles (IAM guide, "Tags for
    AWS Identity and Access Management resources")."""
    if len({tag.key for tag in new}) < len(new):
        raise errors.InvalidInput(reason="Duplicate tag keys found.")
    tags = {tag.key: tag for tag in old} | {tag.key: tag for tag in new}
    if len(tags) > MOST_TAGS:
        raise errors.LimitExceeded(reason="The number of tags has reached the maximum limit.")
    return list(tags.values())


def without_tags(old: Sequence[Tag], keys: Sequence[str]) -> list[Tag]:
    gone = set(keys)
    return [tag for tag in old if tag.key not in gone]


def described(record: Tagged | None, arn: str) -> Resource:
    """A resource by its ARN, with its tags if it is there."""
    tags = {tag.key: tag.value for tag in record.tags} if record is not None else None
    return Resource(arn, tags=tags)


def name_in(ctx: Context, arn: str, kind: str) -> str:
    """What follows the kind in an ARN of this account; empty for another ARN."""
    prefix = ctx.arn(f"{kind}/")
    return arn.removeprefix(prefix) if arn.startswith(prefix) else ""


def check_quota(count: int, most: int, name: str) -> None:
    """Raises `LimitExceeded` for one more than the quota ("IAM and AWS STS quotas")."""
    if count >= most:
        raise errors.LimitExceeded(reason=f"Cannot exceed quota for {name}: {most}")
