"""Key policies: the one policy, named `default`, without which nobody may use or manage a key."""

import json

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.policy import MalformedPolicy, Policies, Question, check_resource_policy, decide, parse
from groundcloud.services.kms import errors
from groundcloud.services.kms.access import key
from groundcloud.services.kms.lookup import own
from groundcloud.services.kms.use import check_manageable

_EVERYTHING = parse(
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:PutKeyPolicy", "Resource": "*"}}'
)
_LONGEST = 32 * 1024


def default_policy(account: str) -> str:
    """What a key gets that is made without one: its account's administrators decide by IAM policies."""
    document = {
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    return json.dumps(document, indent=2, separators=(",", " : "))


def checked_policy(ctx: Context, document: str, arn: str, bypass: bool) -> str:
    """A key policy that is well formed and lets its writer write the next one. Raises
    `MalformedPolicyDocumentException`."""
    if len(document) > _LONGEST:
        raise errors.LimitExceeded(reason=f"The key policy is longer than {_LONGEST} characters.")
    try:
        policy = check_resource_policy(document)
    except MalformedPolicy as flaw:
        raise errors.MalformedPolicyDocument(reason=flaw.message) from flaw
    if not bypass:
        question = Question(ctx.principal.caller, "kms:PutKeyPolicy", arn, lambda name: None, ctx.account)
        if not decide(question, Policies(identity=(_EVERYTHING,), resource=policy, resource_required=True)).allowed:
            raise errors.MalformedPolicyDocument(
                reason="The new key policy will not allow you to update the key policy in the future."
            )
    return document


def _bypass(ctx: Context, bypass_policy_lockout_safety_check: bool) -> str:
    return "true" if bypass_policy_lockout_safety_check else "false"


@operation(on=key, conditions={"kms:BypassPolicyLockoutSafetyCheck": _bypass})
def put_key_policy(
    ctx: Context,
    key_id: str,
    policy: str,
    policy_name: str = "default",
    bypass_policy_lockout_safety_check: bool = False,
) -> None:
    found = own(ctx, key_id)
    check_manageable(found, "Disabled", "PendingImport", "PendingDeletion", "PendingReplicaDeletion", "Unavailable")
    _check_name(policy_name)
    found.policy = checked_policy(ctx, policy, found.arn, bypass_policy_lockout_safety_check)
    ctx.put(found)


@operation(on=key, read=True)
def get_key_policy(ctx: Context, key_id: str, policy_name: str = "default") -> object:
    found = own(ctx, key_id)
    _check_name(policy_name)
    return {"policy": found.policy, "policy_name": "default"}


@operation(on=key, read=True)
def list_key_policies(ctx: Context, key_id: str) -> dict[str, Page]:
    own(ctx, key_id)
    return {"policy_names": page_of(["default"], key=str)}


def _check_name(policy_name: str) -> None:
    if policy_name != "default":
        raise errors.NoSuchPolicy()
