"""Sessions of users: GetSessionToken and GetFederationToken."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.identity import Session
from groundcloud.operation import NO_PERMISSION, operation
from groundcloud.resource import Resource
from groundcloud.services.sts import errors
from groundcloud.services.sts.roles import use_mfa
from groundcloud.services.sts.sessions import HOUR, PolicyArn, Tag, credentials, expiry, limits, request_facts

HALF_A_DAY = 12 * HOUR


def _long_lived(ctx: Context, operation_name: str) -> None:
    """Only a user's or the root user's own keys may ask."""
    if ctx.principal.session is not None or ctx.principal.type not in ("User", "Root"):
        raise errors.AccessDenied(reason=f"Cannot call {operation_name} with session credentials")


def _seconds(ctx: Context, asked: int) -> int:
    """The root user's sessions last an hour at most (STS API reference, DurationSeconds of both operations)."""
    return min(asked, HOUR) if ctx.principal.type == "Root" else asked


@operation(on=NO_PERMISSION, read=True)
def get_session_token(
    ctx: Context,
    duration_seconds: int = HALF_A_DAY,
    serial_number: str = "",
    token_code: str = "",
    minimum_session_token_size: int = 0,
) -> object:
    _long_lived(ctx, "GetSessionToken")
    now = ctx.now()
    with_mfa = bool(serial_number or token_code)
    if with_mfa:
        use_mfa(ctx, serial_number, token_code)
    session = Session(
        issued=now,
        expires=expiry(now, _seconds(ctx, duration_seconds)),
        mfa_authenticated=now if with_mfa else None,
    )
    return credentials(
        ctx, ctx.principal.type, ctx.account, session, ctx.principal.name, _entity_id(ctx), minimum_session_token_size
    )


def _federated(ctx: Context, name: str, tags: Sequence[Tag]) -> list[Resource]:
    """The federated user, and the permission to tag it where it gets tags."""
    _long_lived(ctx, "GetFederationToken")
    facts = request_facts(tags={tag.key: tag.value for tag in tags})
    asked = Resource(ctx.arn(f"federated-user/{name}"), facts=facts)
    return [asked, asked._replace(action="sts:TagSession")] if tags else [asked]


@operation(on=_federated, read=True)
def get_federation_token(
    ctx: Context,
    name: str,
    policy: str = "",
    policy_arns: Sequence[PolicyArn] = (),
    duration_seconds: int = HALF_A_DAY,
    tags: Sequence[Tag] = (),
    minimum_session_token_size: int = 0,
) -> object:
    limit = limits(policy, policy_arns, tags)
    now = ctx.now()
    session = Session(
        name=name,
        issued=now,
        expires=expiry(now, _seconds(ctx, duration_seconds)),
        policies=limit.policies,
        policy_arns=limit.policy_arns,
        tags=limit.tags,
    )
    made = credentials(
        ctx, "FederatedUser", ctx.account, session, ctx.principal.name, _entity_id(ctx), minimum_session_token_size
    )
    federated = {"federated_user_id": f"{ctx.account}:{name}", "arn": ctx.arn(f"federated-user/{name}")}
    return {**made, "federated_user": federated, "packed_policy_size": limit.percent}


def _entity_id(ctx: Context) -> str:
    """The unique id of the user behind the session: one made anew under the same name is somebody else."""
    return ctx.principal.user_id if ctx.principal.type == "User" else ""
