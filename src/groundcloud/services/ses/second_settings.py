"""The settings of accounts, configuration sets and identities in the second API, and tags."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.ses import identities, settings
from groundcloud.services.ses.errors import BadRequestException, NotFoundException
from groundcloud.services.ses.records import ConfigurationSet, Identity, Tag
from groundcloud.services.ses.second_destinations import found_set, in_its_words
from groundcloud.services.ses.second_dkim import found_identity

_MOST_TAGS = 50


@operation(on="*")
def put_account_sending_attributes(ctx: Context, sending_enabled: bool = False) -> None:
    settings.let_account_send(ctx, sending_enabled)


@operation(on="configuration-set/{configuration_set_name}")
def put_configuration_set_sending_options(
    ctx: Context, configuration_set_name: str, sending_enabled: bool = False
) -> None:
    found = found_set(ctx, configuration_set_name)
    found.sending_enabled = sending_enabled
    ctx.put(found)


@operation(on="configuration-set/{configuration_set_name}")
def put_configuration_set_reputation_options(
    ctx: Context, configuration_set_name: str, reputation_metrics_enabled: bool = False
) -> None:
    found_set(ctx, configuration_set_name)
    in_its_words(lambda: settings.check_reputation(reputation_metrics_enabled))


@operation(on="configuration-set/{configuration_set_name}")
def put_configuration_set_delivery_options(
    ctx: Context, configuration_set_name: str, tls_policy: str | None = None
) -> None:
    found_set(ctx, configuration_set_name)
    in_its_words(lambda: settings.check_delivery(tls_policy))


@operation(on=lambda ctx, email_identity: identities.on_identity(ctx, email_identity))
def put_email_identity_configuration_set_attributes(
    ctx: Context, email_identity: str, configuration_set_name: str = ""
) -> None:
    found = found_identity(ctx, email_identity)
    if configuration_set_name:
        found_set(ctx, configuration_set_name)
    found.configuration_set = configuration_set_name
    ctx.put(found)


@operation(on=lambda ctx, email_identity: identities.on_identity(ctx, email_identity))
def put_email_identity_feedback_attributes(
    ctx: Context, email_identity: str, email_forwarding_enabled: bool = False
) -> None:
    found = found_identity(ctx, email_identity)
    found.forwarding = email_forwarding_enabled
    ctx.put(found)


# -- tags


def _tagged(ctx: Context, resource_arn: str) -> Identity | ConfigurationSet | None:
    kind, _, name = resource_arn.removeprefix(ctx.arn("")).partition("/")
    if kind == "identity":
        return ctx.get(Identity, name)
    return ctx.get(ConfigurationSet, name) if kind == "configuration-set" else None


def _on(ctx: Context, resource_arn: str) -> Resource:
    found = _tagged(ctx, resource_arn)
    return Resource(resource_arn, tags=found.tags if found is not None else None)


def _found(ctx: Context, resource_arn: str) -> Identity | ConfigurationSet:
    found = _tagged(ctx, resource_arn)
    if found is None:
        raise NotFoundException(reason=f"Resource {resource_arn} does not exist.")
    return found


@operation(on=_on)
def tag_resource(ctx: Context, resource_arn: str, tags: Sequence[Tag]) -> None:
    found = _found(ctx, resource_arn)
    found.tags = {**found.tags, **{tag.key: tag.value for tag in tags}}
    if len(found.tags) > _MOST_TAGS:
        raise BadRequestException(reason=f"A resource can have {_MOST_TAGS} tags at most.")
    ctx.put(found)


@operation(on=_on)
def untag_resource(ctx: Context, resource_arn: str, tag_keys: Sequence[str]) -> None:
    found = _found(ctx, resource_arn)
    found.tags = {key: value for key, value in found.tags.items() if key not in tag_keys}
    ctx.put(found)


@operation(on=_on, read=True)
def list_tags_for_resource(ctx: Context, resource_arn: str) -> dict[str, Any]:
    found = _found(ctx, resource_arn)
    return {"tags": [{"key": key, "value": value} for key, value in sorted(found.tags.items())]}
