"""What SAML and OpenID Connect have in common: somebody without credentials, vouched for by an identity provider."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.identity import Principal, Session
from groundcloud.resource import Resource
from groundcloud.services.sts import errors
from groundcloud.services.sts.sessions import (
    PolicyArn,
    Tag,
    checked_duration,
    expiry,
    limits,
    request_facts,
    role_answer,
)


class Asserted(msgspec.Struct, frozen=True, kw_only=True):
    """Who an identity provider says the caller is. `facts`: the condition keys of the assertion; `kept` are those that
    later requests of the session have too."""

    action: str
    kind: str
    """SAMLUser or WebIdentityUser."""
    provider: str
    """What a trust policy names."""
    user_id: str
    name: str
    """The name of the session."""
    facts: Mapping[str, str | Sequence[str]]
    kept: Sequence[str] = ()
    tags: Mapping[str, str] = {}
    transitive: tuple[str, ...] = ()
    source_identity: str = ""
    until: datetime | None = None


def assume(
    ctx: Context,
    who: Asserted,
    role_arn: str,
    duration_seconds: int,
    policy: str,
    policy_arns: Sequence[PolicyArn],
    smallest: int,
) -> dict[str, Any]:
    """A session of the role, if its trust policy lets the asserted user in."""
    now = ctx.now()
    role = ctx.world.identities.role(ctx.tx, role_arn)
    authorize(ctx, who, role_arn, role.trust_policy if role is not None else None, role.tags if role else {})
    if role is None:
        raise errors.AccessDenied(reason=f"Not authorized to perform {who.action}")
    seconds = checked_duration(duration_seconds, role, chained=False)
    tags = [Tag(key=key, value=value) for key, value in who.tags.items()]
    limit = limits(policy, policy_arns, tags, who.transitive)
    expires = expiry(now, seconds)
    session = Session(
        name=who.name,
        issued=now,
        expires=min(expires, who.until) if who.until is not None else expires,
        policies=limit.policies,
        policy_arns=limit.policy_arns,
        tags=limit.tags,
        transitive_tag_keys=limit.transitive,
        source_identity=who.source_identity,
        federated_provider=who.provider,
        facts={
            key: value if isinstance(value := who.facts[key], str) else list(value)
            for key in who.kept
            if key in who.facts
        },
    )
    return role_answer(ctx, role, session, limit.percent, smallest)


def authorize(ctx: Context, who: Asserted, role_arn: str, trust: str | None, tags: Mapping[str, str]) -> None:
    """Ask the trust policy for everything that the session takes."""
    now = ctx.now()
    principal = Principal(
        type=who.kind,
        account="",
        arn="",
        user_id=who.user_id,
        session=Session(issued=now, expires=now, federated_provider=who.provider),
    )
    facts = {**who.facts, **request_facts(who.name, who.tags, who.transitive, who.source_identity)}
    asked = Resource(role_arn, account=role_arn.split(":")[4] if role_arn.count(":") >= 5 else "", tags=tags,
                     policy=trust, policy_required=True, facts=facts)  # fmt: skip
    actions = [who.action]
    if who.tags:
        actions.append("sts:TagSession")
    if who.source_identity:
        actions.append("sts:SetSourceIdentity")
    for action in actions:
        ctx.authorize(action, asked, principal)
