"""Policies of users: those written into them, and the managed ones attached to them."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.services.iam import errors
from groundcloud.services.iam.common import checked_document, user
from groundcloud.services.iam.identities import document_of
from groundcloud.services.iam.records import User


@operation(on=user)
def put_user_policy(ctx: Context, user_name: str, policy_name: str, policy_document: str) -> None:
    found = ctx.find(User, user_name)
    found.inline_policies[policy_name] = checked_document(policy_document, 2048, f"user {user_name}")
    ctx.put(found)


@operation(on=user, read=True)
def get_user_policy(ctx: Context, user_name: str, policy_name: str) -> object:
    found = ctx.find(User, user_name)
    if policy_name not in found.inline_policies:
        raise errors.NoSuchInlinePolicy(kind="user", policy_name=policy_name)
    return {
        "user_name": user_name,
        "policy_name": policy_name,
        "policy_document": found.inline_policies[policy_name],
    }


@operation(on=user, conditions={"iam:PolicyARN": "policy_arn"})
def attach_user_policy(ctx: Context, user_name: str, policy_arn: str) -> None:
    found = ctx.find(User, user_name)
    if document_of(ctx.tx, policy_arn) is None:
        raise errors.NoSuchPolicy(policy_arn=policy_arn)
    if policy_arn not in found.attached_policies:
        if len(found.attached_policies) >= 10:
            raise errors.LimitExceeded(reason="Cannot exceed quota for PoliciesPerUser: 10")
        found.attached_policies.append(policy_arn)
        ctx.put(found)


@operation(on=user, read=True)
def list_attached_user_policies(ctx: Context, user_name: str, path_prefix: str = "/") -> dict[str, Page]:
    found = ctx.find(User, user_name)
    attached = [
        {"policy_arn": arn, "policy_name": arn.rpartition("/")[2]}
        for arn in found.attached_policies
        if ("/" + arn.partition("/")[2]).startswith(path_prefix)
    ]
    return {"attached_policies": page_of(attached, key=lambda item: item["policy_arn"])}
