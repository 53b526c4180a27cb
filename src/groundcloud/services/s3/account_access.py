"""Block Public Access of an account. Source: S3 User Guide, "Blocking public access to your Amazon S3 storage"."""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors
from groundcloud.services.s3.records import AccountAccess
from groundcloud.services.s3.rules.public import PublicAccessBlockConfiguration


def own_account(ctx: Context, account_id: str) -> Resource:
    """Everything of the caller's account. Raises `AccessDenied` for another account."""
    if account_id != ctx.account:
        raise errors.AccessDenied(reason="Access Denied")
    return Resource("*")


@operation(on=own_account, action="s3:PutAccountPublicAccessBlock")
def put_public_access_block(
    ctx: Context, public_access_block_configuration: PublicAccessBlockConfiguration, account_id: str
) -> None:
    ctx.put(AccountAccess(account=ctx.account, public_access=public_access_block_configuration))


@operation(on=own_account, read=True, action="s3:GetAccountPublicAccessBlock")
def get_public_access_block(ctx: Context, account_id: str) -> dict[str, Any]:
    return {"public_access_block_configuration": ctx.find(AccountAccess).public_access}


@operation(on=own_account, action="s3:PutAccountPublicAccessBlock")
def delete_public_access_block(ctx: Context, account_id: str) -> None:
    found = ctx.get(AccountAccess)
    if found is not None:
        ctx.delete(found)
