"""Which secret a call means: by name, by full ARN, or by an ARN without its six last characters."""

import re

from groundcloud.context import Context
from groundcloud.resource import Resource
from groundcloud.services.secretsmanager import errors
from groundcloud.services.secretsmanager.records import Secret

_ARN = re.compile(r"arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):(\d{12}):secret:(.+)")
_SUFFIX = 7
"""Characters that AWS appends to a name to make an ARN: a hyphen and six random ones."""


def locate(ctx: Context, secret_id: str) -> Secret | None:
    """The secret, whether or not it is to be deleted."""
    if not secret_id.startswith("arn:"):
        return ctx.tx.view(Secret, ctx.account, ctx.region, secret_id)
    found = _ARN.fullmatch(secret_id)
    if found is None or found[1] != ctx.region:
        return None
    account, name = found[2], found[3]
    if (secret := ctx.tx.view(Secret, account, ctx.region, name[:-_SUFFIX])) is not None and secret.arn == secret_id:
        return secret
    return ctx.tx.view(Secret, account, ctx.region, name)


def existing(ctx: Context, secret_id: str) -> Secret:
    """Raises `ResourceNotFoundException`."""
    secret = locate(ctx, secret_id)
    if secret is None:
        raise errors.NoSuchSecret()
    return secret


def usable(ctx: Context, secret_id: str) -> Secret:
    """Raises `InvalidRequestException` for a secret that is marked for deletion."""
    secret = existing(ctx, secret_id)
    if secret.deleted_date is not None:
        raise errors.MarkedForDeletion()
    return secret


def changeable(ctx: Context, secret_id: str) -> Secret:
    """A secret that is no replica: those change with their primary."""
    secret = usable(ctx, secret_id)
    if secret.is_replica:
        raise errors.InvalidRequest(
            reason="You can't perform this operation on a replica secret. Perform it on the primary secret in "
            f"{secret.primary_region}."
        )
    return secret


# -- what operations declare


def secret(ctx: Context, secret_id: str) -> Resource:
    """The secret of a call, as policies see it."""
    found = locate(ctx, secret_id)
    if found is None:
        return Resource(secret_id if secret_id.startswith("arn:") else ctx.arn(f"secret:{secret_id}"))
    return of(found)


def of(found: Secret) -> Resource:
    return Resource(
        arn=found.arn,
        account=found.account,
        tags={tag.key: tag.value for tag in found.tags} if found.tags else None,
        policy=found.policy,
        facts={
            "secretsmanager:secretid": found.arn,
            "secretsmanager:secretprimaryregion": found.primary_region or found.region,
            **(
                {"secretsmanager:resource/allowrotationlambdaarn": found.rotation_lambda_arn}
                if found.rotation_lambda_arn
                else {}
            ),
        },
    )


def new(ctx: Context, name: str) -> Resource:
    """A secret that is to be made: its six last characters are not known yet, and policies write `-??????` for them."""
    return Resource(ctx.arn(f"secret:{name}-??????"))
