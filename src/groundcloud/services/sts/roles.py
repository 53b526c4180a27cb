"""AssumeRole: who the role's trust policy lets in gets a session of it."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.identity import MfaVerdict, Session
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.sts import errors
from groundcloud.services.sts.sessions import (
    HOUR,
    PolicyArn,
    Tag,
    checked_duration,
    expiry,
    limits,
    request_facts,
    role_answer,
)


def _asked_for(
    ctx: Context,
    role_arn: str,
    role_session_name: str,
    duration_seconds: int,
    external_id: str,
    serial_number: str,
    token_code: str,
    tags: Sequence[Tag],
    transitive_tag_keys: Sequence[str],
    source_identity: str,
) -> list[Resource]:
    """The role, and each permission that this session of it takes.

    Tags and a source identity that the calling session hands on take a permission like those in the request (IAM guide,
    "Chaining roles with session tags", "Monitor and control actions taken with assumed roles").
    """
    caller = ctx.principal
    if caller.type == "Root":
        raise errors.AccessDenied(reason="Roles may not be assumed by root accounts.")
    if caller.type == "FederatedUser":
        raise errors.AccessDenied(reason="Cannot call AssumeRole with federated user credentials")
    facts = request_facts(
        role_session_name,
        {tag.key: tag.value for tag in tags},
        transitive_tag_keys,
        _source_identity(ctx, source_identity),
    )
    facts["sts:durationseconds"] = str(duration_seconds)
    if external_id:
        facts["sts:externalid"] = external_id
    if serial_number or token_code:
        use_mfa(ctx, serial_number, token_code)
        facts |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    role = ctx.world.identities.role(ctx.tx, role_arn)
    account = role_arn.split(":", 5)[4] if role_arn.count(":") >= 5 else ""
    asked = Resource(
        role_arn,
        account=account,
        tags=role.tags if role is not None else None,
        policy=role.trust_policy if role is not None else None,
        policy_required=True,
        facts=facts,
    )
    actions = ["sts:AssumeRole"]
    if tags or (caller.session is not None and caller.session.transitive_tag_keys):
        actions.append("sts:TagSession")
    if _source_identity(ctx, source_identity):
        actions.append("sts:SetSourceIdentity")
    return [asked._replace(action=action) for action in actions]


def _source_identity(ctx: Context, asked: str) -> str:
    """The identity that the session shows: the one that is set already stays."""
    session = ctx.principal.session
    return (session.source_identity if session is not None else "") or asked


def use_mfa(ctx: Context, serial_number: str, token_code: str) -> None:
    """Take a code of the caller's device, once. Raises `AccessDenied`."""
    if not (serial_number and token_code):
        raise errors.AccessDenied(
            reason="MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
        )
    verdict = ctx.world.identities.use_mfa_code(ctx.tx, ctx.principal, serial_number, token_code, ctx.now())
    if verdict is MfaVerdict.NO_DEVICE:
        raise errors.AccessDenied(
            reason="MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial "
            "number is valid and associated with this user."
        )
    if verdict is MfaVerdict.WRONG_CODE:
        raise errors.AccessDenied(reason="MultiFactorAuthentication failed with invalid MFA one time pass code. ")


@operation(on=_asked_for, read=True)
def assume_role(
    ctx: Context,
    role_arn: str,
    role_session_name: str,
    policy_arns: Sequence[PolicyArn] = (),
    policy: str = "",
    duration_seconds: int = HOUR,
    tags: Sequence[Tag] = (),
    transitive_tag_keys: Sequence[str] = (),
    external_id: str = "",
    serial_number: str = "",
    token_code: str = "",
    source_identity: str = "",
    minimum_session_token_size: int = 0,
) -> object:
    role = ctx.world.identities.role(ctx.tx, role_arn)
    assert role is not None  # without a trust policy nobody comes this far
    caller = ctx.principal.session
    chained = ctx.principal.type == "AssumedRole"
    seconds = checked_duration(duration_seconds, role, chained)
    limit = limits(policy, policy_arns, tags, transitive_tag_keys)
    identity = _source_identity(ctx, source_identity)
    if source_identity and source_identity != identity:
        raise errors.AccessDenied(reason="The source identity of a session cannot be changed once it is set.")
    inherited = _inherited(caller) if chained else {}
    if {key.lower() for key in limit.tags} & {key.lower() for key in inherited}:
        raise errors.InvalidParameterValue(
            reason="One of the specified transitive tag keys can't be set because it conflicts with a transitive tag "
            "key from the calling session."
        )
    now = ctx.now()
    session = Session(
        name=role_session_name,
        issued=now,
        expires=expiry(now, seconds),
        policies=limit.policies,
        policy_arns=limit.policy_arns,
        tags={**inherited, **limit.tags},
        transitive_tag_keys=(*inherited, *limit.transitive),
        source_identity=identity,
        chained=chained,
    )
    return role_answer(ctx, role, session, limit.percent, minimum_session_token_size)


def _inherited(session: Session | None) -> dict[str, str]:
    """The tags that a session hands on to those made from it."""
    if session is None:
        return {}
    handed = {key.lower() for key in session.transitive_tag_keys}
    return {key: value for key, value in session.tags.items() if key.lower() in handed}
