"""Whether an account and its configuration sets send, and what else a set may be told, in the first API.

Encryption is taken where a relay offers it; it cannot be required of the servers behind it. Reputation metrics are not
published.
"""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ses.errors import InvalidDeliveryOptions, InvalidParameterValue
from groundcloud.services.ses.records import AccountSending, ConfigurationSet
from groundcloud.store import Part


class DeliveryOptions(Part):
    tls_policy: str | None = None


def account_sends(ctx: Context) -> bool:
    found = ctx.get(AccountSending)
    return found is None or found.enabled


def let_account_send(ctx: Context, enabled: bool) -> None:
    ctx.put(AccountSending(ctx.account, ctx.region, enabled))


def check_reputation(enabled: bool) -> None:
    """Raises `InvalidParameterValue`."""
    if enabled:
        raise InvalidParameterValue(reason="This cloud publishes no reputation metrics.")


def check_delivery(tls_policy: str | None) -> None:
    """Raises `InvalidDeliveryOptions`."""
    if (tls_policy or "OPTIONAL").upper() != "OPTIONAL":
        raise InvalidDeliveryOptions(reason="This cloud cannot require encryption of the servers that mail goes to.")


@operation(on="*", read=True)
def get_account_sending_enabled(ctx: Context) -> dict[str, bool]:
    return {"enabled": account_sends(ctx)}


@operation(on="*")
def update_account_sending_enabled(ctx: Context, enabled: bool = False) -> None:
    let_account_send(ctx, enabled)


@operation(on="*")
def update_configuration_set_sending_enabled(ctx: Context, configuration_set_name: str, enabled: bool) -> None:
    found = ctx.find(ConfigurationSet, configuration_set_name)
    found.sending_enabled = enabled
    ctx.put(found)


@operation(on="*")
def update_configuration_set_reputation_metrics_enabled(
    ctx: Context, configuration_set_name: str, enabled: bool
) -> None:
    ctx.find(ConfigurationSet, configuration_set_name)
    check_reputation(enabled)


@operation(on="*")
def put_configuration_set_delivery_options(
    ctx: Context, configuration_set_name: str, delivery_options: DeliveryOptions | None = None
) -> object:
    ctx.find(ConfigurationSet, configuration_set_name)
    check_delivery(delivery_options.tls_policy if delivery_options is not None else None)
    return {}
