"""Who calls."""

from groundcloud.context import Context
from groundcloud.operation import NO_PERMISSION, operation


@operation(on=NO_PERMISSION, read=True)
def get_caller_identity(ctx: Context) -> object:
    return {"user_id": ctx.principal.user_id, "account": ctx.account, "arn": ctx.principal.arn}
