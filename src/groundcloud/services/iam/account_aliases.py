"""The alias of an account: one at most, and no two accounts have the same."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.services.iam import errors
from groundcloud.services.iam.records import AccountAlias


@operation(on="*")
def create_account_alias(ctx: Context, account_alias: str) -> None:
    """A new one replaces the one before (IAM guide, "Creating, deleting, and listing an AWS account alias")."""
    if ctx.tx.exists(AccountAlias, account_alias, index="by_alias"):
        raise errors.AccountAliasExists(account_alias=account_alias)
    ctx.put(AccountAlias(ctx.account, account_alias))


@operation(on="*")
def delete_account_alias(ctx: Context, account_alias: str) -> None:
    found = ctx.get(AccountAlias)
    if found is None or found.account_alias != account_alias:
        raise errors.NoSuchAccountAlias(account_alias=account_alias)
    ctx.delete(found)


@operation(on="*", read=True)
def list_account_aliases(ctx: Context) -> dict[str, Page]:
    found = ctx.get(AccountAlias)
    return {"account_aliases": page_of([found.account_alias] if found is not None else [], key=lambda alias: alias)}
