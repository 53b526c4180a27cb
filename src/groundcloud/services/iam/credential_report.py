"""The credential report: one line of CSV for the root user and each user, good for four hours.

Source: IAM guide, "Generate credential reports for your AWS account", for the columns and what stands in them.
"""

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta

from groundcloud.accounts import Account, root_arn
from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.iam import provider_errors as errors
from groundcloud.services.iam.provider_records import CredentialReport, SigningCertificate, VirtualMfaDevice
from groundcloud.services.iam.records import AccessKey, AccessKeyUse, LoginProfile, PasswordPolicy, User

COLUMNS = (
    "user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed",
    "password_next_rotation", "mfa_active",
    "access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date",
    "access_key_1_last_used_region", "access_key_1_last_used_service",
    "access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date",
    "access_key_2_last_used_region", "access_key_2_last_used_service",
    "cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
)  # fmt: skip

GOOD_FOR = timedelta(hours=4)
_NONE = "N/A"


@operation(on="*")
def generate_credential_report(ctx: Context) -> object:
    found = ctx.get(CredentialReport)
    if found is not None and found.generated_time > ctx.now() - GOOD_FOR:
        return {"state": "COMPLETE"}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerow(_root(ctx))
    writer.writerows(_user(ctx, user) for user in ctx.scan(User))
    ctx.put(CredentialReport(account=ctx.account, generated_time=ctx.now(), content=text.getvalue().encode()))
    return {"state": "STARTED", "description": "No report exists. Starting a new report generation task"}


@operation(on="*", read=True)
def get_credential_report(ctx: Context) -> object:
    found = ctx.get(CredentialReport)
    if found is None:
        raise errors.NoSuchReport()
    if found.generated_time <= ctx.now() - GOOD_FOR:
        raise errors.ReportExpired()
    return {"content": found.content, "report_format": "text/csv", "generated_time": found.generated_time}


def _root(ctx: Context) -> list[str]:
    account = ctx.tx.get(Account, ctx.account)
    created = _time(account.created.replace(microsecond=0)) if account is not None else _NONE
    password = ["not_supported", "no_information", "not_supported", "not_supported"]
    return ["<root_account>", root_arn(ctx.account), created, *password, *_credentials(ctx, "")]


def _user(ctx: Context, user: User) -> list[str]:
    profile = ctx.get(LoginProfile, user.user_name)
    password = ["false", _NONE, _NONE, _NONE]
    if profile is not None:
        rules = ctx.get(PasswordPolicy)
        days = rules.max_password_age if rules is not None else None
        password = [
            "true",
            _time(user.password_last_used) if user.password_last_used is not None else "no_information",
            _time(profile.password_changed),
            _time(profile.password_changed + timedelta(days=days)) if days else _NONE,
        ]
    return [user.user_name, user.arn, _time(user.create_date), *password, *_credentials(ctx, user.user_name)]


def _credentials(ctx: Context, user_name: str) -> Iterator[str]:
    """Devices, keys and certificates."""
    yield _flag(ctx.exists(VirtualMfaDevice, user_name, index="by_user"))
    keys = sorted(ctx.scan(AccessKey, user_name), key=lambda key: key.create_date)
    for number in range(2):
        yield from _key(ctx, keys[number]) if number < len(keys) else ("false", *[_NONE] * 4)
    certificates = sorted(ctx.scan(SigningCertificate, user_name), key=lambda each: each.upload_date)
    for number in range(2):
        if number < len(certificates):
            yield _flag(certificates[number].status == "Active")
            yield _time(certificates[number].upload_date)
        else:
            yield from ("false", _NONE)


def _key(ctx: Context, key: AccessKey) -> tuple[str, ...]:
    use = ctx.tx.get(AccessKeyUse, key.access_key_id)
    used = (_NONE, _NONE, _NONE) if use is None else (_time(use.last_used_date), use.region, use.service_name)
    return (_flag(key.status == "Active"), _time(key.create_date), *used)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _time(value: datetime) -> str:
    return value.isoformat()
