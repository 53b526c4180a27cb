"""The account's rules for passwords, and what they say of one."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.iam import errors
from groundcloud.services.iam.records import PasswordPolicy

SYMBOLS = frozenset("!@#$%^&*()_+-=[]{}|'")
"""What counts as a symbol (API reference, UpdateAccountPasswordPolicy)."""

_KINDS = {
    "uppercase letter": str.isupper,
    "lowercase letter": str.islower,
    "number": str.isdigit,
    "symbol": SYMBOLS.__contains__,
}


@operation(on="*")
def update_account_password_policy(
    ctx: Context,
    minimum_password_length: int = 6,
    require_symbols: bool = False,
    require_numbers: bool = False,
    require_uppercase_characters: bool = False,
    require_lowercase_characters: bool = False,
    allow_users_to_change_password: bool = False,
    max_password_age: int | None = None,
    password_reuse_prevention: int | None = None,
    hard_expiry: bool | None = None,
) -> None:
    """What is not given goes back to its default (API reference)."""
    ctx.put(
        PasswordPolicy(
            account=ctx.account,
            minimum_password_length=minimum_password_length,
            require_symbols=require_symbols,
            require_numbers=require_numbers,
            require_uppercase_characters=require_uppercase_characters,
            require_lowercase_characters=require_lowercase_characters,
            allow_users_to_change_password=allow_users_to_change_password,
            max_password_age=max_password_age or None,
            password_reuse_prevention=password_reuse_prevention or None,
            hard_expiry=hard_expiry,
        )
    )


def _to_look(ctx: Context) -> Resource:
    return Resource("*", policy=own_policy_for_changers(ctx, "iam:GetAccountPasswordPolicy"))


def own_policy_for_changers(ctx: Context, action: str) -> str | None:
    """What AllowUsersToChangePassword grants: users may read the rules and change their own password without any
    policy that says so (IAM guide, "Setting an account password policy for IAM users")."""
    rules = ctx.get(PasswordPolicy)
    if rules is None or not rules.allow_users_to_change_password or ctx.principal.type != "User":
        return None
    return (
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Resource": "*", '
        f'"Action": "{action}", "Principal": {{"AWS": "{ctx.principal.arn}"}}}}}}'
    )


@operation(on=_to_look, read=True)
def get_account_password_policy(ctx: Context) -> object:
    found = ctx.get(PasswordPolicy)
    if found is None:
        raise errors.NoSuchPasswordPolicy(account=ctx.account)
    return {"password_policy": found}


@operation(on="*")
def delete_account_password_policy(ctx: Context) -> None:
    found = ctx.get(PasswordPolicy)
    if found is None:
        raise errors.NoPasswordPolicyToDelete()
    ctx.delete(found)


def check_password(rules: PasswordPolicy | None, password: str) -> None:
    """That a password follows the account's rules, or AWS's default ones. Raises `PasswordPolicyViolation`.

    By default: eight characters, of at least three of the four kinds (IAM guide, "Setting an account password policy
    for IAM users", default password policy).
    """
    has = {kind: any(map(test, password)) for kind, test in _KINDS.items()}
    if rules is None:
        _check_length(password, 8)
        if sum(has.values()) < 3:
            raise errors.PasswordPolicyViolation(reason="Password does not conform to the account password policy.")
        return
    _check_length(password, rules.minimum_password_length)
    required = {
        "uppercase letter": rules.require_uppercase_characters,
        "lowercase letter": rules.require_lowercase_characters,
        "number": rules.require_numbers,
        "symbol": rules.require_symbols,
    }
    for kind, wanted in required.items():
        if wanted and not has[kind]:
            raise errors.PasswordPolicyViolation(reason=f"Password should have at least one {kind}")


def _check_length(password: str, least: int) -> None:
    if len(password) < least:
        raise errors.PasswordPolicyViolation(reason=f"Password should have a minimum length of {least}")
