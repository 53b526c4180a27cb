"""Rules that all of IAM's resources share: who is meant, unique names, tags, documents, identifiers."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.policy import MalformedPolicy, check_identity_policy
from groundcloud.resource import Resource
from groundcloud.services.iam import errors
from groundcloud.services.iam.records import Group, Role, Tag, User
from groundcloud.tokens import BASE32


def user(ctx: Context, user_name: str | None) -> Resource:
    """The user that a call names, or the caller, as policies see it."""
    name = user_name or ctx.principal.name
    found = ctx.get(User, name) if name else None
    if found is not None:
        return Resource(found.arn, tags=tags_of(found))
    return Resource(ctx.arn(f"user/{name}") if name else ctx.principal.arn)


def group(ctx: Context, group_name: str) -> Resource:
    found = ctx.get(Group, group_name)
    return Resource(found.arn if found is not None else ctx.arn(f"group/{group_name}"))


def role(ctx: Context, role_name: str) -> Resource:
    found = ctx.get(Role, role_name)
    if found is not None:
        return Resource(found.arn, tags=tags_of(found))
    return Resource(ctx.arn(f"role/{role_name}"))


def tags_of(record: User | Role) -> dict[str, str]:
    return {tag.key: tag.value for tag in record.tags}


def caller_or(ctx: Context, user_name: str) -> str:
    """The user that a call means when it names none; empty for the root user.

    Raises `ValidationError` for sessions, whose user is not the caller ("Must specify userName when calling with
    non-User credentials").
    """
    if user_name:
        return user_name
    if ctx.principal.type in ("User", "Root"):
        return ctx.principal.name
    raise errors.ValidationError(reason="Must specify userName when calling with non-User credentials")


def new_unique_id(ctx: Context, prefix: str) -> str:
    """AWS's unique ids: AIDA for users, AGPA groups, AROA roles, ANPA policies, AIPA instance profiles."""
    return prefix + ctx.random_text(BASE32, 17)


def checked_document(document: str, longest: int, what: str) -> str:
    """An identity policy that is well formed and not too long. Spaces do not count, as AWS documents."""
    try:
        check_identity_policy(document)
    except MalformedPolicy as error:
        raise errors.MalformedPolicyDocument(reason=str(error)) from error
    if sum(not character.isspace() for character in document) > longest:
        raise errors.LimitExceeded(reason=f"Maximum policy size of {longest} bytes exceeded for {what}")
    return document


def merged_tags(old: Sequence[Tag], new: Sequence[Tag]) -> list[Tag]:
    """Tags of a record after some were set; IAM does not tell capitals from small letters in keys. At most fifty."""
    tags = {tag.key.lower(): tag for tag in old}
    tags.update({tag.key.lower(): tag for tag in new})
    if len(tags) > 50:
        raise errors.LimitExceeded(reason="The number of tags has reached the maximum limit.")
    return list(tags.values())
