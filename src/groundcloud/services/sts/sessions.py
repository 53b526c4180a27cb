"""What all sessions share: their policies and tags, how much room those take, and the credentials themselves."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from groundcloud import tokens
from groundcloud.context import Context
from groundcloud.identity import AssumableRole, Session
from groundcloud.policy import MalformedPolicy, check_identity_policy
from groundcloud.services.sts import errors
from groundcloud.store import Part
from groundcloud.tokens import SECRET_ALPHABET, SECRET_LENGTH, SessionToken, new_key_id

PACKED_LIMIT = 1600
"""Bytes that policies and tags may take when packed. AWS has such a limit and does not publish it."""

LARGEST_TOKEN = 4096
"""Characters; what SessionTokenUtilization is a share of."""

HOUR = 3600
SOONEST_EXPIRY = timedelta(minutes=15)


class Tag(Part):
    key: str
    value: str


class PolicyArn(Part):
    arn: str = ""


class Limits(msgspec.Struct, frozen=True):
    """What a session may do beyond its role: its policies and its tags."""

    policies: tuple[str, ...] = ()
    policy_arns: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    transitive: tuple[str, ...] = ()
    percent: int | None = None


def limits(
    policy: str, policy_arns: Sequence[PolicyArn], tags: Sequence[Tag] = (), transitive: Sequence[str] = ()
) -> Limits:
    """Session policies and tags, checked. Raises what AWS answers for those that do not fit together."""
    if policy:
        try:
            check_identity_policy(policy)
        except MalformedPolicy as error:
            raise errors.MalformedPolicyDocument(reason=str(error)) from error
    arns = tuple(each.arn for each in policy_arns)
    if len(arns) > 10:
        raise errors.ValidationError(reason="Cannot exceed quota for PolicyArns: 10")
    chosen = checked_tags(tags)
    folded = {key.lower() for key in chosen}
    if any(key.lower() not in folded for key in transitive):
        raise errors.InvalidParameterValue(
            reason="The specified transitive tag key must be included in the requested tags."
        )
    return Limits((policy,) if policy else (), arns, chosen, tuple(transitive), _packed(policy, arns, chosen))


def checked_tags(tags: Sequence[Tag]) -> dict[str, str]:
    """Tags by key, whose capitals do not make them different."""
    if len({tag.key.lower() for tag in tags}) < len(tags):
        raise errors.InvalidParameterValue(
            reason="Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    return {tag.key: tag.value for tag in tags}


def _packed(policy: str, arns: tuple[str, ...], tags: dict[str, str]) -> int | None:
    """PackedPolicySize, in percent. Raises `PackedPolicyTooLarge` above a hundred."""
    if not (policy or arns or tags):
        return None
    size = len(zlib.compress(msgspec.msgpack.encode((policy, arns, tags)), 9))
    percent = -(-size * 100 // PACKED_LIMIT)
    if percent > 100:
        raise errors.PackedPolicyTooLarge(percent=percent)
    return percent


def request_facts(
    session_name: str = "",
    tags: Mapping[str, str] | None = None,
    transitive: Sequence[str] = (),
    source_identity: str = "",
) -> dict[str, str | Sequence[str]]:
    """Condition keys that describe the session that is asked for (service authorization reference, STS)."""
    facts: dict[str, str | Sequence[str]] = {}
    if session_name:
        facts["sts:rolesessionname"] = session_name
    if source_identity:
        facts["sts:sourceidentity"] = source_identity
    if tags:
        facts["aws:tagkeys"] = list(tags)
        facts.update({f"aws:requesttag/{key.lower()}": value for key, value in tags.items()})
    if transitive:
        facts["sts:transitivetagkeys"] = list(transitive)
    return facts


def checked_duration(asked: int, role: AssumableRole, chained: bool) -> int:
    """Seconds that a role session lasts; a chained one an hour at most (IAM guide, "Roles terms and concepts")."""
    if chained and asked > HOUR:
        raise errors.ValidationError(
            reason="The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
    if asked > role.max_session_duration:
        raise errors.ValidationError(
            reason="The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    return asked


def role_answer(
    ctx: Context, role: AssumableRole, session: Session, percent: int | None, smallest: int
) -> dict[str, Any]:
    """What the operations that assume a role have in common in their answers."""
    return {
        **credentials(ctx, "AssumedRole", role.account, session, role.name, role.role_id, smallest),
        "assumed_role_user": {
            "assumed_role_id": f"{role.role_id}:{session.name}",
            "arn": f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{session.name}",
        },
        "packed_policy_size": percent,
        "source_identity": session.source_identity or None,
    }


def credentials(
    ctx: Context, kind: str, account: str, session: Session, entity: str = "", entity_id: str = "", smallest: int = 0
) -> dict[str, Any]:
    """New temporary credentials. Nothing is stored: the token says everything."""
    made = SessionToken(
        access_key_id=new_key_id("ASIA", account, ctx.random_text),
        secret=ctx.random_text(SECRET_ALPHABET, SECRET_LENGTH),
        kind=kind,
        account=account,
        session=session,
        entity=entity,
        entity_id=entity_id,
    )
    text = tokens.issue(made, ctx.world.sealer)
    if len(text) < smallest:
        text = _padded(ctx, made, smallest)
    return {
        "credentials": {
            "access_key_id": made.access_key_id,
            "secret_access_key": made.secret,
            "session_token": text,
            "expiration": session.expires,
        },
        "session_token_size": len(text),
        "session_token_utilization": min(100, -(-len(text) * 100 // LARGEST_TOKEN)),
    }


def _padded(ctx: Context, token: SessionToken, smallest: int) -> str:
    """The token at no fewer characters than asked; random padding, which packing cannot shrink away."""
    text, length = "", 0
    while len(text) < smallest:
        length += max(smallest - len(text), 16) if text else smallest // 2
        token.padding = ctx.random_text(SECRET_ALPHABET, length)
        text = tokens.issue(token, ctx.world.sealer)
    return text


def expiry(now: datetime, seconds: int) -> datetime:
    return now + timedelta(seconds=seconds)
