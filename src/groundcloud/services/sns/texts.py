"""Text messages: an account's preferences, numbers that opted out, and numbers that were verified.

Accounts are out of the sandbox from the start. Numbers opt out by a reply of STOP. Sources: "Mobile text messaging with
Amazon SNS" in the developer guide, SetSMSAttributes in the API reference.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.services.sns import errors
from groundcloud.services.sns.direct import SENDER_ID, TYPES, ToPhone, number_of, post
from groundcloud.services.sns.errors import InvalidParameter
from groundcloud.services.sns.phone_records import OptedOutNumber, SandboxNumber, TextPreferences

_PURPOSE = "sns one-time password"
_PASSWORD_LASTS = timedelta(minutes=15)
_MOST_ATTEMPTS = 5
_BETWEEN_OPT_INS = timedelta(days=30)
_STOP = frozenset(
    ("ARRET", "CANCEL", "END", "OPT-OUT", "OPTOUT", "QUIT", "REMOVE", "STOP", "TD", "UNSUBSCRIBE")
)  # fmt: skip


# -- preferences


@operation(on="*")
def set_sms_attributes(ctx: Context, attributes: Mapping[str, str]) -> object:
    for name, value in attributes.items():
        _check(name, value)
    found = ctx.get(TextPreferences) or TextPreferences(ctx.account, ctx.region)
    found.attributes = {**found.attributes, **attributes}
    ctx.put(found)
    return {}


def _check(name: str, value: str) -> None:
    """Raises `InvalidParameter`."""
    good = {
        "MonthlySpendLimit": value.isdigit(),
        "DeliveryStatusIAMRole": not value or re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:role/.+", value),
        "DeliveryStatusSuccessSamplingRate": value.isdigit() and int(value) <= 100,
        "DefaultSenderID": not value or SENDER_ID.fullmatch(value),
        "DefaultSMSType": value in TYPES,
    }
    if name == "UsageReportS3Bucket":
        raise InvalidParameter(reason="UsageReportS3Bucket Reason: this cloud writes no usage reports")
    if name not in good:
        raise InvalidParameter(reason=f"Invalid attribute name: {name}")
    if not good[name]:
        raise InvalidParameter(reason=f"Invalid value for {name}: {value}")


@operation(on="*", read=True)
def get_sms_attributes(ctx: Context, attributes: Sequence[str] = ()) -> object:
    found = ctx.get(TextPreferences)
    known = found.attributes if found is not None else {}
    return {"attributes": {name: value for name, value in known.items() if not attributes or name in attributes}}


# -- who wants none


@operation(on="*", read=True)
def check_if_phone_number_is_opted_out(ctx: Context, phone_number: str) -> object:
    found = ctx.get(OptedOutNumber, number_of(phone_number))
    return {"is_opted_out": found is not None and found.out}


@operation(on="*", read=True, page_size=100)
def list_phone_numbers_opted_out(ctx: Context) -> dict[str, Page]:
    numbers = ctx.page(OptedOutNumber, where=lambda found: found.out, each=lambda found: found.number)
    return {"phone_numbers": numbers}


@operation(on="*")
def opt_in_phone_number(ctx: Context, phone_number: str) -> object:
    """Once in 30 days for each number."""
    found = ctx.get(OptedOutNumber, number_of(phone_number))
    if found is None or not found.out:
        return {}
    if found.opted_in is not None and ctx.now() - found.opted_in < _BETWEEN_OPT_INS:
        raise InvalidParameter(reason="PhoneNumber Reason: a number can be opted in once every 30 days only")
    found.out, found.opted_in = False, ctx.now()
    ctx.put(found)
    return {}


def opts_out(text: str) -> bool:
    """Whether a reply says that its writer wants no more texts."""
    return text.strip().upper() in _STOP


# -- the sandbox


@operation(on="*", read=True)
def get_sms_sandbox_account_status(ctx: Context) -> object:
    return {"is_in_sandbox": False}


@operation(on="*", harmless=("LanguageCode",))
def create_sms_sandbox_phone_number(ctx: Context, phone_number: str) -> object:
    """Send a password to a number; sending another one is done likewise."""
    number = number_of(phone_number)
    out = ctx.get(OptedOutNumber, number)
    if out is not None and out.out:
        raise errors.OptedOut(number=number)
    found = ctx.get(SandboxNumber, number)
    if found is not None and found.verified:
        raise errors.UserError(reason="The phone number is verified already")
    password = ctx.random_text("0123456789", 6)
    ctx.put(SandboxNumber(ctx.account, ctx.region, number, ctx.seal(password.encode(), _PURPOSE), ctx.now()))
    text = f"Your verification code for Amazon SNS is {password}."
    post(ctx, ToPhone("sms", number, text, ctx.account, ctx.region, ctx.new_uuid()))
    return {}


@operation(on="*")
def verify_sms_sandbox_phone_number(ctx: Context, phone_number: str, one_time_password: str) -> object:
    found = ctx.find(SandboxNumber, number_of(phone_number))
    late = ctx.now() - found.sent > _PASSWORD_LASTS or found.attempts >= _MOST_ATTEMPTS
    if late or ctx.open(found.sealed, _PURPOSE).decode() != one_time_password:
        ctx.later(_failed_attempt, (found.account, found.region, found.number))
        raise errors.VerificationFailed()
    found.verified = True
    ctx.put(found)
    return {}


def _failed_attempt(tx: Any, places: Any) -> None:
    """An attempt counts although its call is rolled back."""
    for place in places:
        found = tx.get(SandboxNumber, *place)
        if found is not None:
            found.attempts += 1
            tx.put(found)


@operation(on="*", read=True, page_size=100)
def list_sms_sandbox_phone_numbers(ctx: Context) -> dict[str, Page]:
    def each(found: SandboxNumber) -> dict[str, str]:
        return {"phone_number": found.number, "status": "Verified" if found.verified else "Pending"}

    return {"phone_numbers": ctx.page(SandboxNumber, each=each)}


@operation(on="*")
def delete_sms_sandbox_phone_number(ctx: Context, phone_number: str) -> object:
    ctx.delete(ctx.find(SandboxNumber, number_of(phone_number)))
    return {}


@operation(on="*", read=True, harmless=("NextToken", "MaxResults"))
def list_origination_numbers(ctx: Context) -> object:
    """Numbers that send: this cloud has none, its texts come from sender IDs."""
    return {"phone_numbers": []}
