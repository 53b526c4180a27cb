"""Who calls, whose a key is, and what a denial was about."""

from groundcloud import denials, tokens
from groundcloud.context import Context
from groundcloud.operation import NO_PERMISSION, operation
from groundcloud.sealing import NotOurs
from groundcloud.services.sts import errors


@operation(on=NO_PERMISSION, read=True)
def get_caller_identity(ctx: Context) -> object:
    return {"user_id": ctx.principal.user_id, "account": ctx.account, "arn": ctx.principal.arn}


@operation(on="*", read=True)
def get_access_key_info(ctx: Context, access_key_id: str) -> object:
    """The account is read from the key's id; whether the key is there does not matter, as in AWS."""
    account = tokens.account_of(access_key_id)
    if not account:
        raise errors.ValidationError(reason=f"Invalid Access Key ID: {access_key_id}")
    return {"account": account}


@operation(on="*", read=True)
def decode_authorization_message(ctx: Context, encoded_message: str) -> object:
    try:
        return {"decoded_message": denials.decode(encoded_message, ctx.account, ctx.world.sealer)}
    except NotOurs as error:
        raise errors.InvalidAuthorizationMessageException() from error
