"""Passwords of users. Only a salted hash is kept (scrypt, RFC 7914)."""

import hashlib
import hmac

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.iam import errors
from groundcloud.services.iam.common import caller_or, user
from groundcloud.services.iam.password_policy import check_password, own_policy_for_changers
from groundcloud.services.iam.records import LoginProfile, LoginProfileSecret, PasswordPolicy, User

REMEMBERED = 24
"""As many earlier passwords as a password policy may forbid."""


@operation(on=user)
def create_login_profile(
    ctx: Context, user_name: str = "", password: str = "", password_reset_required: bool = False
) -> object:
    name = _existing(ctx, user_name)
    if ctx.get(LoginProfile, name) is not None:
        raise errors.LoginProfileExists(user_name=name)
    check_password(ctx.get(PasswordPolicy), password)
    now = ctx.now()
    made = LoginProfile(ctx.account, name, now, now, password_reset_required)
    salt = ctx.random(16)
    ctx.put(LoginProfileSecret(ctx.account, name, salt, hashed(password, salt)))
    return {"login_profile": ctx.put(made)}


@operation(on=user, read=True)
def get_login_profile(ctx: Context, user_name: str = "") -> object:
    return {"login_profile": ctx.find(LoginProfile, _existing(ctx, user_name))}


@operation(on=user)
def update_login_profile(
    ctx: Context, user_name: str, password: str = "", password_reset_required: bool | None = None
) -> None:
    found = ctx.find(LoginProfile, _existing(ctx, user_name))
    if password_reset_required is not None:
        found.password_reset_required = password_reset_required
        ctx.put(found)
    if password:
        _set(ctx, found, password)


@operation(on=user)
def delete_login_profile(ctx: Context, user_name: str = "") -> None:
    name = _existing(ctx, user_name)
    ctx.delete(ctx.find(LoginProfile, name))
    secret = ctx.get(LoginProfileSecret, name)
    if secret is not None:
        ctx.delete(secret)


def _caller(ctx: Context) -> Resource:
    return user(ctx, "")._replace(policy=own_policy_for_changers(ctx, "iam:ChangePassword"))


@operation(on=_caller)
def change_password(ctx: Context, old_password: str, new_password: str) -> None:
    if ctx.principal.type != "User":
        raise errors.InvalidUserType()
    found = ctx.find(LoginProfile, ctx.principal.name)
    secret = ctx.get(LoginProfileSecret, ctx.principal.name)
    if secret is None or not hmac.compare_digest(hashed(old_password, secret.salt), secret.hash):
        raise errors.WrongPassword()
    found.password_reset_required = False
    _set(ctx, found, new_password)


def _existing(ctx: Context, user_name: str) -> str:
    """The user that is meant, who must be there. The root user signs in otherwise and must name one."""
    name = caller_or(ctx, user_name)
    if not name:
        raise errors.ValidationError(reason="Must specify userName when calling with non-User credentials")
    return ctx.find(User, name).user_name


def _set(ctx: Context, profile: LoginProfile, password: str) -> None:
    """Change a password to one that the rules allow."""
    rules = ctx.get(PasswordPolicy)
    check_password(rules, password)
    secret = ctx.get(LoginProfileSecret, profile.user_name)
    if secret is None:
        raise errors.NoSuchLoginProfile(user_name=profile.user_name)
    new = hashed(password, secret.salt)
    forbidden = [secret.hash, *secret.earlier][: rules.password_reuse_prevention or 0] if rules is not None else []
    if new in forbidden:
        raise errors.PasswordPolicyViolation(reason="Password must not be one of your previous passwords.")
    secret.earlier = [secret.hash, *secret.earlier][:REMEMBERED]
    secret.hash = new
    profile.password_changed = ctx.now()
    ctx.put(secret)
    ctx.put(profile)


def hashed(password: str, salt: bytes) -> bytes:
    """The hash that is kept: 16 MB of memory and some 50 ms of a core each, for who would try many."""
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
