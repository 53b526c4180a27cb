"""Resource policies of secrets."""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.policy import Caller, MalformedPolicy, Policies, Policy, Question, check_resource_policy, decide
from groundcloud.resource import Resource
from groundcloud.services.secretsmanager import errors
from groundcloud.services.secretsmanager.lookup import changeable, secret, usable

_ANYONE = Caller(type="AssumedRole", account="000000000000", arn="arn:aws:sts::000000000000:assumed-role/anyone/else")


def _checked(document: str) -> Policy:
    try:
        return check_resource_policy(document, "secretsmanager")
    except MalformedPolicy as flaw:
        raise errors.MalformedPolicyDocument(reason=f"This resource policy contains a syntax error. {flaw}") from flaw


def _is_public(policy: Policy, arn: str) -> bool:
    """Whether it lets in an unknown caller of an unknown account."""
    question = Question(_ANYONE, "secretsmanager:GetSecretValue", arn, lambda name: None, _ANYONE.account)
    return decide(question, Policies(resource=policy, resource_required=True)).allowed


@operation(on=secret, conditions={"secretsmanager:BlockPublicPolicy": "block_public_policy"})
def put_resource_policy(
    ctx: Context, secret_id: str, resource_policy: str, block_public_policy: bool = False
) -> object:
    found = usable(ctx, secret_id)
    policy = _checked(resource_policy)
    if block_public_policy and _is_public(policy, found.arn):
        raise errors.PublicPolicy()
    found.policy = resource_policy
    ctx.put(found)
    return {"arn": found.arn, "name": found.name}


@operation(on=secret, read=True)
def get_resource_policy(ctx: Context, secret_id: str) -> object:
    found = usable(ctx, secret_id)
    return {"arn": found.arn, "name": found.name, "resource_policy": found.policy}


@operation(on=secret)
def delete_resource_policy(ctx: Context, secret_id: str) -> object:
    found = usable(ctx, secret_id)
    found.policy = None
    ctx.put(found)
    return {"arn": found.arn, "name": found.name}


def _secret_or_none(ctx: Context, secret_id: str) -> Resource:
    return secret(ctx, secret_id) if secret_id else Resource("*")


@operation(on=_secret_or_none, read=True)
def validate_resource_policy(ctx: Context, resource_policy: str, secret_id: str = "") -> object:
    policy = _checked(resource_policy)
    arn = changeable(ctx, secret_id).arn if secret_id else ctx.arn("secret:any-000000")
    flaws: list[dict[str, Any]] = []
    if _is_public(policy, arn):
        flaws.append({"check_name": "PUBLIC_POLICY_CHECK", "error_message": errors.PublicPolicy().message})
    return {"policy_validation_passed": not flaws, "validation_errors": flaws}
