"""AssumeRoleWithSAML: the holder of a SAML response of a provider that the role trusts gets a session of it."""

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Any

from groundcloud.assertions import Expired, Rejected
from groundcloud.assertions.saml_response import SamlAssertion, issuer_of, read_response
from groundcloud.context import Context
from groundcloud.identity import SamlTrust
from groundcloud.operation import NO_PERMISSION, operation
from groundcloud.services.sts import errors
from groundcloud.services.sts.asserted import Asserted, assume
from groundcloud.services.sts.sessions import HOUR, PolicyArn

_AWS = "https://aws.amazon.com/SAML/Attributes/"
_SESSION_NAME = re.compile(r"[a-zA-Z_0-9+=,.@-]{2,64}")
_CONDITION_KEYS = {
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.1": "saml:edupersonaffiliation",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.2": "saml:edupersonnickname",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.3": "saml:edupersonorgdn",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.4": "saml:edupersonorgunitdn",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.5": "saml:edupersonprimaryaffiliation",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.6": "saml:edupersonprincipalname",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.7": "saml:edupersonentitlement",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.8": "saml:edupersonprimaryorgunitdn",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.9": "saml:edupersonscopedaffiliation",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.10": "saml:edupersontargetedid",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.11": "saml:edupersonassurance",
    "urn:oid:1.3.6.1.4.1.5923.1.2.1.2": "saml:eduorghomepageuri",
    "urn:oid:1.3.6.1.4.1.5923.1.2.1.3": "saml:eduorgidentityauthnpolicyuri",
    "urn:oid:1.3.6.1.4.1.5923.1.2.1.4": "saml:eduorglegalname",
    "urn:oid:1.3.6.1.4.1.5923.1.2.1.5": "saml:eduorgsuperioruri",
    "urn:oid:1.3.6.1.4.1.5923.1.2.1.6": "saml:eduorgwhitepagesuri",
    "urn:oid:2.5.4.3": "saml:cn",
}
"""IAM guide, "Mapping SAML attributes to AWS trust policy context keys"."""


@operation(on=NO_PERMISSION, public=True, read=True)
def assume_role_with_saml(
    ctx: Context,
    role_arn: str,
    principal_arn: str,
    saml_assertion: str,
    policy_arns: Sequence[PolicyArn] = (),
    policy: str = "",
    duration_seconds: int = HOUR,
    minimum_session_token_size: int = 0,
) -> object:
    provider = ctx.world.identities.saml_provider(ctx.tx, principal_arn)
    if provider is None:
        raise errors.InvalidIdentityToken(reason="Specified provider doesn't exist")
    found = _verified(ctx, provider, saml_assertion)
    if not _offers(found, role_arn, principal_arn):
        raise errors.AccessDenied(reason="Not authorized to perform sts:AssumeRoleWithSAML")
    qualifier = _qualifier(found.issuer, provider)
    asserted = Asserted(
        action="sts:AssumeRoleWithSAML",
        kind="SAMLUser",
        provider=provider.arn,
        user_id=f"{qualifier}:{found.subject}",
        name=_session_name(found),
        facts=_facts(found, provider, qualifier),
        kept=("saml:namequalifier", "saml:sub", "saml:sub_type"),
        tags=_tags(found),
        transitive=tuple(found.attributes.get(f"{_AWS}TransitiveTagKeys", ())),
        source_identity=_one(found, f"{_AWS}SourceIdentity"),
        until=found.session_until,
    )
    answer = assume(ctx, asserted, role_arn, duration_seconds, policy, policy_arns, minimum_session_token_size)
    return {
        **answer,
        "subject": found.subject,
        "subject_type": found.subject_type,
        "issuer": found.issuer,
        "audience": found.recipient,
        "name_qualifier": qualifier,
    }


def _verified(ctx: Context, provider: SamlTrust, encoded: str) -> SamlAssertion:
    now = ctx.now()
    if provider.valid_until is not None and provider.valid_until <= now:
        raise errors.InvalidIdentityToken(reason="The metadata of the specified provider has expired")
    try:
        if issuer_of(encoded) != provider.issuer:
            raise errors.InvalidIdentityToken(reason="Issuer not present in specified provider")
        found = read_response(encoded, provider.certificates, now)
    except Expired as error:
        raise errors.ExpiredTokenException(reason=str(error)) from error
    except Rejected as error:
        raise errors.InvalidIdentityToken(reason=str(error)) from error
    if found.issuer != provider.issuer:
        raise errors.InvalidIdentityToken(reason="Issuer not present in specified provider")
    return found


def _offers(found: SamlAssertion, role_arn: str, principal_arn: str) -> bool:
    """Whether the response has the role with the provider, in either order."""
    for value in found.attributes.get(f"{_AWS}Role", ()):
        if sorted(part.strip() for part in value.split(",")) == sorted((role_arn, principal_arn)):
            return True
    return False


def _session_name(found: SamlAssertion) -> str:
    name = _one(found, f"{_AWS}RoleSessionName")
    if not name:
        raise errors.InvalidIdentityToken(reason="RoleSessionName is required in AuthnResponse")
    if not _SESSION_NAME.fullmatch(name):
        raise errors.InvalidIdentityToken(reason="RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    return name


def _one(found: SamlAssertion, name: str) -> str:
    values = found.attributes.get(name, ())
    if len(values) > 1:
        raise errors.IDPRejectedClaim(reason=f"The attribute {name} has more than one value")
    return values[0] if values else ""


def _tags(found: SamlAssertion) -> dict[str, str]:
    prefix = f"{_AWS}PrincipalTag:"
    return {name.removeprefix(prefix): _one(found, name) for name in found.attributes if name.startswith(prefix)}


def _qualifier(issuer: str, provider: SamlTrust) -> str:
    """STS API reference, AssumeRoleWithSAML, NameQualifier."""
    digest = hashlib.sha1(f"{issuer}{provider.account}/{provider.name}".encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def _facts(found: SamlAssertion, provider: SamlTrust, qualifier: str) -> dict[str, Any]:
    """The condition keys of SAML federation."""
    facts: dict[str, Any] = {
        "saml:aud": found.recipient,
        "saml:doc": f"{provider.account}/{provider.name}",
        "saml:iss": found.issuer,
        "saml:namequalifier": qualifier,
        "saml:sub": found.subject,
        "saml:sub_type": found.subject_type,
    }
    for name, key in _CONDITION_KEYS.items():
        if name in found.attributes:
            facts[key] = found.attributes[name]
    return {key: value for key, value in facts.items() if value}
