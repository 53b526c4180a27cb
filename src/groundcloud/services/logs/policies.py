"""Resource policies of an account: they let services and other accounts write and read its logs."""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.policy import MalformedPolicy, check_resource_policy
from groundcloud.services.logs import errors
from groundcloud.services.logs.names import milliseconds, plane
from groundcloud.services.logs.pages import page
from groundcloud.services.logs.records import ResourcePolicy
from groundcloud.store import Transaction

_LARGEST = 5120
_MOST = 10


@operation(on="*")
async def put_resource_policy(ctx: Context, policy_name: str = "", policy_document: str = "") -> object:
    if not policy_name or not policy_document:
        raise errors.invalid("policyName and policyDocument must be specified.")
    if len(policy_document) > _LARGEST:
        raise errors.LimitExceeded(reason="Resource limit exceeded.")
    try:
        check_resource_policy(policy_document, "logs", lambda resource: True)
    except MalformedPolicy as error:
        raise errors.invalid(f"Policy document is malformed: {error.message}") from error
    made = ResourcePolicy(ctx.account, ctx.region, policy_name, policy_document, milliseconds(ctx))

    def work(tx: Transaction) -> None:
        known = [each.policy_name for each in tx.scan(ResourcePolicy, ctx.account, ctx.region)]
        if policy_name not in known and len(known) >= _MOST:
            raise errors.LimitExceeded(reason="Resource limit exceeded.")
        tx.put(made)

    await plane(ctx).submit(work)
    return {"resource_policy": _shown(made)}


@operation(on="*")
async def delete_resource_policy(ctx: Context, policy_name: str = "") -> None:
    def work(tx: Transaction) -> None:
        found = tx.get(ResourcePolicy, ctx.account, ctx.region, policy_name)
        if found is None:
            raise errors.PolicyNotFound(policy_name=policy_name)
        tx.delete(found)

    await plane(ctx).submit(work)


@operation(on="*", read=True, page_size=50, harmless=("policyScope",))
def describe_resource_policies(ctx: Context) -> object:
    return {"resource_policies": page(ctx, ResourcePolicy, ctx.account, ctx.region, each=_shown)}


def _shown(policy: ResourcePolicy) -> dict[str, Any]:
    return {
        "policy_name": policy.policy_name,
        "policy_document": policy.policy_document,
        "last_updated_time": policy.last_updated_time,
        "policy_scope": "ACCOUNT",
    }
