"""The account-level suppression list: addresses that bounced or complained, and get no more mail of this account."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ses.errors import BadRequestException, NotFoundException
from groundcloud.services.ses.records import ConfigurationSet, SuppressedAddress, SuppressionSettings
from groundcloud.services.ses.second_api import PAGE, cut

_REASONS = ("BOUNCE", "COMPLAINT")


def _checked(reasons: Sequence[str]) -> tuple[str, ...]:
    if wrong := [reason for reason in reasons if reason not in _REASONS]:
        raise BadRequestException(reason=f"{wrong[0]} is not a reason.")
    return tuple(reasons)


@operation(on="*")
def put_account_suppression_attributes(ctx: Context, suppressed_reasons: Sequence[str] = ()) -> None:
    ctx.put(SuppressionSettings(ctx.account, ctx.region, _checked(suppressed_reasons)))


@operation(on="configuration-set/{configuration_set_name}")
def put_configuration_set_suppression_options(
    ctx: Context, configuration_set_name: str, suppressed_reasons: Sequence[str] = ()
) -> None:
    found = ctx.get(ConfigurationSet, configuration_set_name)
    if found is None:
        raise NotFoundException(reason=f"Configuration set <{configuration_set_name}> does not exist.")
    found.suppressed_reasons = list(_checked(suppressed_reasons))
    ctx.put(found)


@operation(on="*")
def put_suppressed_destination(ctx: Context, email_address: str, reason: str) -> None:
    _checked([reason])
    ctx.put(SuppressedAddress(ctx.account, ctx.region, email_address.lower(), reason, ctx.now()))


def _found(ctx: Context, email_address: str) -> SuppressedAddress:
    found = ctx.get(SuppressedAddress, email_address.lower())
    if found is None:
        raise NotFoundException(reason=f"Email address {email_address} does not exist on your suppression list.")
    return found


@operation(on="*", read=True)
def get_suppressed_destination(ctx: Context, email_address: str) -> dict[str, Any]:
    found = _found(ctx, email_address)
    attributes = {"message_id": found.message_id, "feedback_id": found.feedback_id}
    return {"suppressed_destination": {**_shown(found), "attributes": attributes if found.message_id else None}}


def _shown(found: SuppressedAddress) -> dict[str, Any]:
    return {"email_address": found.address, "reason": found.reason, "last_update_time": found.at}


@operation(on="*")
def delete_suppressed_destination(ctx: Context, email_address: str) -> None:
    ctx.delete(_found(ctx, email_address))


@operation(on="*", read=True)
def list_suppressed_destinations(
    ctx: Context,
    reasons: Sequence[str] = (),
    start_date: datetime | None = None,
    end_date: datetime | None = None,
    next_token: str = "",
    page_size: int = PAGE,
) -> dict[str, Any]:
    def wanted(found: SuppressedAddress) -> bool:
        after = start_date is None or found.at >= start_date
        return after and (end_date is None or found.at <= end_date) and (not reasons or found.reason in reasons)

    page = ctx.page(SuppressedAddress, where=wanted, each=_shown)
    return cut(ctx, "suppressed_destination_summaries", page, next_token, page_size)
