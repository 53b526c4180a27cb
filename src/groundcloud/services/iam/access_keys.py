"""Access keys: two for a user at most, shown once."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.iam import errors
from groundcloud.services.iam.common import caller_or, user
from groundcloud.services.iam.identities import SECRET_PURPOSE
from groundcloud.services.iam.records import AccessKey, AccessKeySecret, AccessKeyUse, User
from groundcloud.tokens import SECRET_ALPHABET, SECRET_LENGTH, new_key_id

MOST_KEYS = 2


@operation(on=user)
def create_access_key(ctx: Context, user_name: str = "") -> object:
    name = caller_or(ctx, user_name)
    if name:
        ctx.find(User, name)
    if len(list(ctx.scan(AccessKey, name))) >= MOST_KEYS:
        raise errors.QuotaExceeded(quota="AccessKeysPerUser", limit=MOST_KEYS)
    key_id = new_key_id("AKIA", ctx.account, ctx.random_text)
    secret = ctx.random_text(SECRET_ALPHABET, SECRET_LENGTH)
    key = ctx.put(AccessKey(account=ctx.account, user_name=name, access_key_id=key_id, create_date=ctx.now()))
    sealed = ctx.seal(secret.encode(), SECRET_PURPOSE)
    ctx.put(AccessKeySecret(access_key_id=key_id, account=ctx.account, user_name=name, sealed=sealed))
    return {
        "access_key": {
            "user_name": name or None,
            "access_key_id": key_id,
            "status": key.status,
            "secret_access_key": secret,
            "create_date": key.create_date,
        }
    }


@operation(on=user, read=True)
def list_access_keys(ctx: Context, user_name: str = "") -> dict[str, Page]:
    name = caller_or(ctx, user_name)
    if name:
        ctx.find(User, name)
    return {"access_key_metadata": ctx.page(AccessKey, name)}


@operation(on=user)
def update_access_key(ctx: Context, access_key_id: str, status: str, user_name: str = "") -> None:
    name = caller_or(ctx, user_name)
    key = ctx.get(AccessKey, name, access_key_id)
    secret = ctx.tx.get(AccessKeySecret, access_key_id)
    if key is None or secret is None:
        raise errors.NoSuchAccessKey(access_key_id=access_key_id)
    key.status = status
    secret.active = status == "Active"
    ctx.put(key)
    ctx.put(secret)


@operation(on=user)
def delete_access_key(ctx: Context, access_key_id: str, user_name: str = "") -> None:
    name = caller_or(ctx, user_name)
    key = ctx.get(AccessKey, name, access_key_id)
    if key is None:
        raise errors.NoSuchAccessKey(access_key_id=access_key_id)
    ctx.delete(key)
    for record in (ctx.tx.get(AccessKeySecret, access_key_id), ctx.tx.get(AccessKeyUse, access_key_id)):
        if record is not None:
            ctx.delete(record)


def _owner(ctx: Context, access_key_id: str) -> Resource:
    """The user whose key it is."""
    key = ctx.tx.get(AccessKeySecret, access_key_id)
    return user(ctx, key.user_name) if key is not None and key.account == ctx.account else Resource("*")


@operation(on=_owner, read=True)
def get_access_key_last_used(ctx: Context, access_key_id: str) -> object:
    """A key that is not the account's is nothing one may ask about."""
    key = ctx.tx.get(AccessKeySecret, access_key_id)
    if key is None or key.account != ctx.account:
        raise errors.NotAuthorizedForKey(caller=ctx.principal.arn, access_key_id=access_key_id)
    use = ctx.tx.get(AccessKeyUse, access_key_id)
    never = {"service_name": "N/A", "region": "N/A"}
    return {"user_name": key.user_name or None, "access_key_last_used": use if use is not None else never}
