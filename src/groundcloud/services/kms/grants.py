"""Grants: permissions to use one key, given to one principal, beside the key's policy."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import NO_PERMISSION, operation
from groundcloud.paging import Page, page_of
from groundcloud.resource import Resource
from groundcloud.services.kms import errors, grant_tokens
from groundcloud.services.kms.access import check_tokens, fulfils, key_resource, resource, with_facts
from groundcloud.services.kms.lookup import locate, reference
from groundcloud.services.kms.records import Grant, GrantConstraints, Key
from groundcloud.services.kms.specs import AGREE, ENCAPSULATE, ENCRYPT, MAC, SIGN
from groundcloud.services.kms.use import check_usable, ring_of

_MOST = 50_000
"""Developer Guide, "Resource quotas": grants of one key."""

_EVERY_KEY = {"CreateGrant", "RetireGrant", "DescribeKey"}
_OPERATIONS = {
    ENCRYPT: {
        "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo",
        "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
    },
    SIGN: {"Sign", "Verify"},
    MAC: {"GenerateMac", "VerifyMac"},
    AGREE: {"DeriveSharedSecret"},
    ENCAPSULATE: {"Encapsulate", "Decapsulate"},
}  # fmt: skip
"""What a grant may allow on a key of each usage (Developer Guide, "Grant operations")."""


def _granted_key(
    ctx: Context,
    key_id: str,
    operations: Sequence[str],
    grantee_principal: str,
    retiring_principal: str,
    constraints: GrantConstraints | None,
    grant_tokens: Sequence[str],
) -> Resource:
    """A grantee may pass on what the grant allows, never more (Developer Guide, "Granting CreateGrant permission")."""
    check_tokens(ctx, grant_tokens)

    def covers(grant: Grant) -> bool:
        return set(operations) <= set(grant.operations) and _as_strict(constraints, grant.constraints)

    try:
        key = locate(ctx, key_id, aliases=False)
    except errors.NotFound:
        return Resource(reference(ctx, key_id, aliases=False).arn)
    facts = {"granteeprincipal": grantee_principal, "retiringprincipal": retiring_principal}
    if constraints is not None:
        equals = constraints.encryption_context_equals is not None
        facts["grantconstrainttype"] = "EncryptionContextEquals" if equals else "EncryptionContextSubset"
    for_service = bool(ctx.facts.called_via)
    facts["grantisforawsresource"] = "true" if for_service else "false"
    shown = {name: value for name, value in facts.items() if value}
    return with_facts(resource(ctx, key, operation="CreateGrant", covers=covers), **shown)


def _as_strict(asked: GrantConstraints | None, held: GrantConstraints | None) -> bool:
    """Whether whoever fulfils the constraints asked for fulfils those held."""
    if held is None:
        return True
    if asked is None:
        return False
    context = asked.encryption_context_equals or asked.encryption_context_subset or {}
    if held.encryption_context_equals is not None and asked.encryption_context_equals is None:
        return False
    return fulfils(held, context)


@operation(on=_granted_key, conditions={"kms:GrantOperations": "operations"})
def create_grant(
    ctx: Context,
    key_id: str,
    operations: Sequence[str],
    grantee_principal: str = "",
    retiring_principal: str = "",
    constraints: GrantConstraints | None = None,
    grant_tokens: Sequence[str] = (),
    name: str = "",
    dry_run: bool = False,
    grantee_service_principal: str = "",
    retiring_service_principal: str = "",
) -> object:
    key = locate(ctx, key_id, aliases=False)
    check_usable(key, ring_of(ctx, key), ctx.now())
    _check(key, operations, constraints, grantee_principal, grantee_service_principal)
    if dry_run:
        raise errors.DryRun()
    wanted = Grant(
        account=key.account, region=key.region, key_id=key.key_id, grant_id=ctx.random(32).hex(), key_arn=key.arn,
        issuing_account=f"arn:aws:iam::{ctx.account}:root", creation_date=ctx.now(), operations=list(operations),
        grantee_principal=grantee_principal or None, grantee_service_principal=grantee_service_principal or None,
        retiring_principal=retiring_principal or None, retiring_service_principal=retiring_service_principal or None,
        name=name or None, constraints=constraints,
    )  # fmt: skip
    grant = _repeated(ctx, wanted) if name else None
    if grant is None:
        if key.grants >= _MOST:
            raise errors.LimitExceeded(reason=f"A KMS key can have at most {_MOST} grants.")
        grant = ctx.put(wanted)
        key.grants += 1
        ctx.put(key)
    return {"grant_token": write_token(ctx, grant), "grant_id": grant.grant_id}


write_token = grant_tokens.write


def _check(
    key: Key, operations: Sequence[str], constraints: GrantConstraints | None, grantee: str, service: str
) -> None:
    if not operations:
        raise errors.ValidationException(reason="Operations must contain at least one grant operation.")
    if bool(grantee) == bool(service):
        raise errors.ValidationException(reason="Specify exactly one of GranteePrincipal and GranteeServicePrincipal.")
    if grantee and not grantee.startswith(("arn:aws:iam::", "arn:aws:sts::")):
        raise errors.InvalidArn(arn=grantee)
    allowed = _OPERATIONS[key.key_usage] | _EVERY_KEY
    if key.key_usage == ENCRYPT and key.key_spec == "SYMMETRIC_DEFAULT":
        pass
    elif key.key_usage == ENCRYPT:
        allowed = {"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GetPublicKey"} | _EVERY_KEY
    elif key.key_usage != MAC:
        allowed = allowed | {"GetPublicKey"}
    if unfit := [operation for operation in operations if operation not in allowed]:
        raise errors.ValidationException(
            reason=f"Grant operation {unfit[0]} is not valid for a key with KeySpec {key.key_spec} and KeyUsage "
            f"{key.key_usage}."
        )
    if constraints is not None and key.key_spec != "SYMMETRIC_DEFAULT":
        raise errors.ValidationException(
            reason="Encryption context grant constraints are valid only for symmetric encryption KMS keys."
        )


def _repeated(ctx: Context, wanted: Grant) -> Grant | None:
    """The same request again, by name, gives the grant that is there (API reference, CreateGrant, "Name")."""
    for grant in ctx.tx.scan(Grant, wanted.account, wanted.region, wanted.key_id):
        if grant.name == wanted.name and _terms(grant) == _terms(wanted):
            return grant
    return None


def _terms(grant: Grant) -> tuple[Any, ...]:
    return (
        grant.operations, grant.constraints, grant.grantee_principal, grant.grantee_service_principal,
        grant.retiring_principal, grant.retiring_service_principal, grant.issuing_account,
    )  # fmt: skip


def _key_of_grants(ctx: Context, key_id: str) -> Resource:
    return key_resource(ctx, key_id, aliases=False)


@operation(on=_key_of_grants, read=True, page_size=50)
def list_grants(
    ctx: Context, key_id: str, grant_id: str = "", grantee_principal: str = "", grantee_service_principal: str = ""
) -> dict[str, Page]:
    key = locate(ctx, key_id, aliases=False)
    grants = [
        grant
        for grant in ctx.tx.scan(Grant, key.account, key.region, key.key_id)
        if (not grant_id or grant.grant_id == grant_id)
        and (not grantee_principal or grant.grantee_principal == grantee_principal)
        and (not grantee_service_principal or grant.grantee_service_principal == grantee_service_principal)
    ]
    return {"grants": _shown(grants)}


@operation(on="*", read=True, page_size=50)
def list_retirable_grants(
    ctx: Context, retiring_principal: str = "", retiring_service_principal: str = ""
) -> dict[str, Page]:
    if bool(retiring_principal) == bool(retiring_service_principal):
        raise errors.ValidationException(
            reason="Specify exactly one of RetiringPrincipal and RetiringServicePrincipal."
        )
    who = retiring_principal or retiring_service_principal
    return {"grants": _shown(ctx.tx.scan(Grant, ctx.region, who, index="by_retiring_principal"))}


def _shown(grants: Any) -> Page:
    """Grants as AWS lists them: the key by its ARN."""
    members = Grant.__struct_fields__
    listed = [{**{name: getattr(grant, name) for name in members}, "key_id": grant.key_arn} for grant in grants]
    return page_of(listed, key=lambda grant: grant["grant_id"])


@operation(on=_key_of_grants)
def revoke_grant(ctx: Context, key_id: str, grant_id: str, dry_run: bool = False) -> None:
    key = locate(ctx, key_id, aliases=False)
    grant = ctx.tx.get(Grant, key.account, key.region, key.key_id, grant_id)
    if grant is None:
        raise errors.NoSuchGrant(grant_id=grant_id)
    if dry_run:
        raise errors.DryRun()
    _delete(ctx, grant)


@operation(on=NO_PERMISSION)
def retire_grant(
    ctx: Context, grant_token: str = "", key_id: str = "", grant_id: str = "", dry_run: bool = False
) -> None:
    """Who may is said by the grant: its retiring principal, its grantee if the grant has RetireGrant, and the account
    that made it; others need `kms:RetireGrant` (Developer Guide, "Retiring and revoking grants")."""
    grant = _meant(ctx, grant_token, key_id, grant_id)
    key = ctx.tx.get(Key, grant.account, grant.region, grant.key_id)
    if not _may_retire(ctx, grant) and key is not None:
        ctx.authorize("kms:RetireGrant", resource(ctx, key))
    if dry_run:
        raise errors.DryRun()
    _delete(ctx, grant)


def _meant(ctx: Context, token: str, key_id: str, grant_id: str) -> Grant:
    if token:
        place = grant_tokens.read(ctx, token)
    elif key_id and grant_id:
        key = locate(ctx, key_id, aliases=False)
        place = (key.account, key.region, key.key_id, grant_id)
    else:
        raise errors.ValidationException(reason="Specify a grant token, or a grant ID and a key ID.")
    grant = ctx.tx.get(Grant, *place)
    if grant is None:
        raise errors.NoSuchGrant(grant_id=place[3])
    return grant


def _may_retire(ctx: Context, grant: Grant) -> bool:
    caller = ctx.principal
    names = {caller.arn, caller.entity_arn, caller.service} - {""}
    if names & {grant.retiring_principal, grant.retiring_service_principal}:
        return True
    if "RetireGrant" in grant.operations and names & {grant.grantee_principal, grant.grantee_service_principal}:
        return True
    return caller.type == "Root" and caller.arn == grant.issuing_account


def _delete(ctx: Context, grant: Grant) -> None:
    ctx.delete(grant)
    key = ctx.tx.get(Key, grant.account, grant.region, grant.key_id)
    if key is not None:
        key.grants -= 1
        ctx.put(key)
