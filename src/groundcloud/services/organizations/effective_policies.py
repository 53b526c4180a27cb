"""What all management policies that an account inherits come to."""

import json

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.organizations import errors
from groundcloud.services.organizations.common import administered, entity, joined, policy_of
from groundcloud.services.organizations.inheritance import effective
from groundcloud.services.organizations.records import Attachment, Member


def _account(ctx: Context, target_id: str) -> Resource:
    return entity(ctx, target_id or ctx.account)


@operation(on=_account, read=True, conditions={"organizations:PolicyType": "policy_type"})
def describe_effective_policy(ctx: Context, policy_type: str, target_id: str = "") -> object:
    organization = joined(ctx) if target_id in ("", ctx.account) else administered(ctx)
    account = target_id or ctx.account
    member = ctx.tx.get(Member, account)
    if member is None or member.organization_id != organization.organization_id:
        raise errors.TargetNotFound()
    levels = []
    for place in (*member.path, account):
        attached = ctx.tx.scan(Attachment, organization.organization_id, place, policy_type)
        levels.append([json.loads(policy_of(ctx, organization, each.policy_id).content) for each in attached])
    if not any(levels):
        raise errors.EffectivePolicyNotFound()
    return {
        "effective_policy": {
            "policy_content": json.dumps(effective(levels), separators=(",", ":")),
            "last_updated_timestamp": organization.changed,
            "target_id": account,
            "policy_type": policy_type,
        }
    }
