"""Configuration sets of the second API: made, shown, listed and deleted."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ses import settings
from groundcloud.services.ses.errors import AlreadyExistsException
from groundcloud.services.ses.records import ConfigurationSet, Tag
from groundcloud.services.ses.second_api import PAGE, cut
from groundcloud.services.ses.second_destinations import found_set, in_its_words
from groundcloud.services.ses.settings import DeliveryOptions
from groundcloud.services.ses.templates import remove_set
from groundcloud.store import Part


class SendingOptions(Part):
    sending_enabled: bool = False


class SuppressionOptions(Part):
    suppressed_reasons: list[str] = []


class ReputationOptions(Part):
    reputation_metrics_enabled: bool = False


@operation(on="*")
def create_configuration_set(
    ctx: Context,
    configuration_set_name: str,
    tags: Sequence[Tag] = (),
    sending_options: SendingOptions | None = None,
    suppression_options: SuppressionOptions | None = None,
    reputation_options: ReputationOptions | None = None,
    delivery_options: DeliveryOptions | None = None,
) -> None:
    if ctx.exists(ConfigurationSet, configuration_set_name):
        raise AlreadyExistsException(reason=f"Configuration set {configuration_set_name} already exists.")
    if reputation_options is not None:
        in_its_words(lambda: settings.check_reputation(reputation_options.reputation_metrics_enabled))
    if delivery_options is not None:
        in_its_words(lambda: settings.check_delivery(delivery_options.tls_policy))
    made = ConfigurationSet(ctx.account, ctx.region, configuration_set_name, {tag.key: tag.value for tag in tags})
    made.sending_enabled = sending_options is None or sending_options.sending_enabled
    made.suppressed_reasons = suppression_options.suppressed_reasons if suppression_options is not None else None
    ctx.put(made)


@operation(on="*", read=True)
def list_configuration_sets(ctx: Context, next_token: str = "", page_size: int = PAGE) -> dict[str, Any]:
    return cut(
        ctx, "configuration_sets", ctx.page(ConfigurationSet, each=lambda each: each.name), next_token, page_size
    )


@operation(on="*")
def delete_configuration_set(ctx: Context, configuration_set_name: str) -> None:
    remove_set(ctx, found_set(ctx, configuration_set_name))


@operation(on="configuration-set/{configuration_set_name}", read=True)
def get_configuration_set(ctx: Context, configuration_set_name: str) -> dict[str, Any]:
    found = found_set(ctx, configuration_set_name)
    reasons = found.suppressed_reasons
    return {
        "configuration_set_name": found.name,
        "sending_options": {"sending_enabled": found.sending_enabled},
        "reputation_options": {"reputation_metrics_enabled": False},
        "delivery_options": {"tls_policy": "OPTIONAL"},
        "suppression_options": {"suppressed_reasons": reasons} if reasons is not None else None,
        "tags": [{"key": key, "value": value} for key, value in sorted(found.tags.items())],
    }
