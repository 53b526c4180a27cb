"""AssumeRoleWithWebIdentity: the holder of an OpenID Connect token gets a session of a role that trusts its issuer.

The issuer's keys are at hand or they are not: nothing is fetched here. A token with an unknown key is answered with
IDPCommunicationError, which every SDK tries again, and the keys are asked for in the meantime.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from groundcloud.assertions import Expired, Rejected
from groundcloud.assertions.jwt import Jwt, UnknownKey, check_times, parse, verify
from groundcloud.context import Context
from groundcloud.identity import OidcTrust
from groundcloud.operation import NO_PERMISSION, operation
from groundcloud.services.sts import errors
from groundcloud.services.sts.asserted import Asserted, assume
from groundcloud.services.sts.sessions import HOUR, PolicyArn

_TAGS = "https://aws.amazon.com/tags"
_SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"


@operation(on=NO_PERMISSION, public=True, read=True)
def assume_role_with_web_identity(
    ctx: Context,
    role_arn: str,
    role_session_name: str,
    web_identity_token: str,
    policy_arns: Sequence[PolicyArn] = (),
    policy: str = "",
    duration_seconds: int = HOUR,
    minimum_session_token_size: int = 0,
) -> object:
    account = role_arn.split(":")[4] if role_arn.count(":") >= 5 else ""
    token, provider = _verified(ctx, account, web_identity_token)
    claims = token.claims
    audience, others = _audience(claims)
    if provider.client_ids is not None and {audience, *others}.isdisjoint(provider.client_ids):
        raise errors.InvalidIdentityToken(reason="Incorrect token audience")
    subject = _required(claims, "sub")
    tags, transitive = _tags(claims)
    issuer = provider.issuer.lower()
    asserted = Asserted(
        action="sts:AssumeRoleWithWebIdentity",
        kind="WebIdentityUser",
        provider=provider.principal,
        user_id=f"{provider.issuer}:{audience}:{subject}",
        name=role_session_name,
        facts=_facts(issuer, claims, audience, others, subject),
        kept=(f"{issuer}:aud", f"{issuer}:sub", f"{issuer}:amr"),
        tags=tags,
        transitive=transitive,
        source_identity=str(claims.get(_SOURCE_IDENTITY, "")),
    )
    answer = assume(ctx, asserted, role_arn, duration_seconds, policy, policy_arns, minimum_session_token_size)
    return {
        **answer,
        "subject_from_web_identity_token": subject,
        "provider": provider.principal,
        "audience": audience,
    }


def _verified(ctx: Context, account: str, text: str) -> tuple[Jwt, OidcTrust]:
    """The token, verified with the keys of its issuer, which the account must trust."""
    try:
        token = parse(text)
    except Rejected as error:
        raise errors.InvalidIdentityToken(reason=str(error)) from error
    issuer = _required(token.claims, "iss")
    name = issuer.removeprefix("https://")
    provider = ctx.world.identities.oidc_provider(ctx.tx, account, name)
    if provider is None:
        raise errors.InvalidIdentityToken(reason=f"No OpenIDConnect provider found in your account for {issuer}")
    try:
        verify(token, provider.keys)
        check_times(token.claims, ctx.now())
    except UnknownKey as error:
        ctx.world.identities.want_oidc_keys(name)
        raise errors.IDPCommunicationError() from error
    except Expired as error:
        raise errors.ExpiredTokenException(reason=str(error)) from error
    except Rejected as error:
        raise errors.InvalidIdentityToken(reason=str(error)) from error
    return token, provider


def _required(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise errors.InvalidIdentityToken(reason=f"Missing a required claim: {name}")
    return value


def _audience(claims: Mapping[str, Any]) -> tuple[str, list[str]]:
    """What `aud` is in policies, which is the authorized party where there is one, and all audiences of the token."""
    listed = claims.get("aud")
    audiences = [listed] if isinstance(listed, str) else listed
    if not isinstance(audiences, list) or not audiences or not all(isinstance(each, str) for each in audiences):
        raise errors.InvalidIdentityToken(reason="Missing a required claim: aud")
    party = claims.get("azp")
    return (party if isinstance(party, str) and party else audiences[0]), audiences


def _facts(
    issuer: str, claims: Mapping[str, Any], audience: str, audiences: list[str], subject: str
) -> dict[str, str | Sequence[str]]:
    """The condition keys of web identities (IAM guide, "Available keys for AWS OIDC federation")."""
    facts: dict[str, str | Sequence[str]] = {f"{issuer}:aud": audience, f"{issuer}:sub": subject}
    if "azp" in claims:
        facts[f"{issuer}:oaud"] = audiences
    for name in ("amr", "email"):
        value = claims.get(name)
        if isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value)):
            facts[f"{issuer}:{name}"] = value
    return facts


def _tags(claims: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Session tags in a token (IAM guide, "Pass session tags using AssumeRoleWithWebIdentity")."""
    found = claims.get(_TAGS)
    if found is None:
        return {}, ()
    tags = found.get("principal_tags", {}) if isinstance(found, dict) else None
    transitive = found.get("transitive_tag_keys", []) if isinstance(found, dict) else None
    if not isinstance(tags, dict) or not isinstance(transitive, list):
        raise errors.IDPRejectedClaim(reason=f"The claim {_TAGS} is malformed")
    chosen: dict[str, str] = {}
    for key, values in tags.items():
        if not (isinstance(values, list) and len(values) == 1 and isinstance(values[0], str)):
            raise errors.IDPRejectedClaim(reason=f"The claim {_TAGS} has not one value for {key}")
        chosen[key] = values[0]
    return chosen, tuple(str(key) for key in transitive)
