"""Resource policies of tables."""

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.policy import parse
from groundcloud.services.dynamodb import errors
from groundcloud.services.dynamodb.errors import invalid
from groundcloud.services.dynamodb.records import Table
from groundcloud.services.dynamodb.schema import plane
from groundcloud.services.dynamodb.tags import on_arn, table_of
from groundcloud.store import Transaction

_LARGEST = 20 * 1024


class PolicyRevisionMismatch(AwsError, code="PolicyNotFoundException"):
    """The provided ExpectedRevisionId does not match the revision of the policy."""


def _check_revision(table: Table, wanted: str) -> None:
    if not wanted:
        return
    if wanted == "NO_POLICY":
        if table.policy:
            raise PolicyRevisionMismatch()
    elif table.policy_revision != wanted:
        raise PolicyRevisionMismatch()


@operation(on=on_arn, harmless=("ConfirmRemoveSelfResourceAccess",))
async def put_resource_policy(
    ctx: Context, resource_arn: str, policy: str, expected_revision_id: str = ""
) -> dict[str, str]:
    if len(policy.encode()) > _LARGEST:
        raise errors.LimitExceeded(message="Resource-based policy size exceeds the limit of 20 KB")
    try:
        parse(policy)
    except ValueError as error:
        raise invalid(f"Invalid policy document: {error}") from error

    def work(tx: Transaction) -> dict[str, str]:
        table = table_of(ctx, tx, resource_arn)
        _check_revision(table, expected_revision_id)
        if table.policy != policy:
            table.policy = policy
            table.policy_revision = str(int(ctx.world.clock().timestamp() * 1_000_000))
            tx.put(table)
        return {"revision_id": table.policy_revision}

    return await plane(ctx).submit(work)


@operation(on=on_arn, read=True)
def get_resource_policy(ctx: Context, resource_arn: str) -> dict[str, str]:
    with plane(ctx).snapshot() as tx:
        table = table_of(ctx, tx, resource_arn)
    if not table.policy:
        raise errors.PolicyNotFound(arn=resource_arn)
    return {"policy": table.policy, "revision_id": table.policy_revision}


@operation(on=on_arn)
async def delete_resource_policy(
    ctx: Context, resource_arn: str, expected_revision_id: str = ""
) -> dict[str, str | None]:
    def work(tx: Transaction) -> dict[str, str | None]:
        table = table_of(ctx, tx, resource_arn)
        _check_revision(table, expected_revision_id)
        revision = table.policy_revision or None
        table.policy = table.policy_revision = ""
        tx.put(table)
        return {"revision_id": revision}

    return await plane(ctx).submit(work)
