"""Handing mail over: who may send it, what is counted, and its way to the outbox. Sending of the first API."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.outbox import Letter, Posted, mail
from groundcloud.resource import Resource
from groundcloud.services.ses import events
from groundcloud.services.ses.composing import (
    Destination,
    Message,
    bare,
    composed,
    raw_parties,
    stamped,
    words,
)
from groundcloud.services.ses.errors import (
    AccountSendingPaused,
    ConfigurationSetSendingPaused,
    InvalidParameterValue,
    MessageRejected,
)
from groundcloud.services.ses.events import Event, senders, tell
from groundcloud.services.ses.records import ConfigurationSet, Identity, Tally
from groundcloud.services.ses.rendering import MissingAttribute, rendered
from groundcloud.services.ses.settings import account_sends
from groundcloud.services.ses.templates import found_template
from groundcloud.store import Part

_MOST_RECIPIENTS, _LARGEST = 50, 40 * 1024 * 1024
_QUARTER = 900
DAILY, RATE = 50000.0, 14.0
"""What GetSendQuota says. Nothing is refused for it."""


class MessageTag(Part):
    name: str
    value: str


class RawMessage(Part):
    data: bytes


class BulkEmailDestination(Part):
    destination: Destination
    replacement_tags: list[MessageTag] = []
    replacement_template_data: str | None = None


class Options(NamedTuple):
    """What a request says of a message besides its words."""

    configuration_set: str = ""
    tags: Sequence[MessageTag] = ()


_PLAIN = Options()


def from_source(ctx: Context, source: str = "") -> Resource:
    """The identity that mail comes from, as policies see it."""
    address = source.rpartition("<")[2].rstrip("> ")
    return Resource(ctx.arn(f"identity/{_identity_name(ctx, address)}"))


def _identity_name(ctx: Context, address: str) -> str:
    found = verified(ctx, address)
    return found.identity if found is not None else address or "*"


def verified(ctx: Context, address: str) -> Identity | None:
    """The identity that lets mail come from an address: itself, its domain, or one above that."""
    return next(senders(ctx.tx, ctx.account, ctx.region, address), None)


def posted(ctx: Context, source: str, options: Options) -> Posted:
    """A message that is sent now, as its events have it. Raises `ConfigurationSetDoesNotExist`, `MessageRejected`,
    and what says that nothing is sent now."""
    if not account_sends(ctx):
        raise AccountSendingPaused()
    sender = bare(source)
    identity = check_sender(ctx, sender)
    if name := options.configuration_set or identity.configuration_set:
        _check_set(ctx, name, given=bool(options.configuration_set))
    tags = {tag.name: [tag.value] for tag in options.tags}
    return Posted(
        ctx.account, ctx.region, new_message_id(ctx), sender, ctx.milliseconds, ctx.principal.name or ctx.account,
        ctx.facts.source_ip, name, tags,
    )  # fmt: skip


def _check_set(ctx: Context, name: str, given: bool) -> None:
    """An identity's own set may be gone; the one that a request names may not."""
    found = ctx.find(ConfigurationSet, name) if given else ctx.get(ConfigurationSet, name)
    if found is not None and not found.sending_enabled:
        raise ConfigurationSetSendingPaused(name=name)


def send(ctx: Context, source: str, recipients: Sequence[str], message: bytes, options: Options = _PLAIN) -> str:
    """Send a message; its id. Raises `MessageRejected` where nobody has verified the sender, and others."""
    origin = posted(ctx, source, options)
    sender = origin.source
    to = [bare(address) for address in recipients]
    if not to:
        raise InvalidParameterValue(reason="Destination has no recipients.")
    if len(to) > _MOST_RECIPIENTS:
        raise InvalidParameterValue(reason=f"Recipient count exceeds {_MOST_RECIPIENTS}.")
    if len(message) > _LARGEST:
        raise InvalidParameterValue(reason="Message length exceeds the maximum of 40 MB.")
    letter = Letter(sender, tuple(to), stamped(message, origin.message_id, ctx.region, ctx.now()), origin)
    mail(ctx, sender, letter.recipients, letter.message, origin)
    count(ctx, len(to), 0)
    _tell(ctx, letter, Event("SEND", {}))
    return origin.message_id


def not_filled(ctx: Context, source: str, destination: Destination, options: Options, error: MissingAttribute) -> str:
    """A message whose template lacks a value: taken and not sent, as on AWS. Its id; its events say why."""
    origin = posted(ctx, source, options)
    count(ctx, 0, 1)
    letter = Letter(origin.source, tuple(destination.all), b"", origin)
    detail = {"errorMessage": str(error), "templateName": error.template}
    _tell(ctx, letter, Event("RENDERING_FAILURE", detail))
    return origin.message_id


def _tell(ctx: Context, letter: Letter, event: Event) -> None:
    tell(ctx, letter, [event])
    events.count(ctx.tx, ctx.world.engines.get("metrics"), ctx.milliseconds, letter, [event])


def check_sender(ctx: Context, address: str) -> Identity:
    """The identity that lets it send. Raises `MessageRejected`."""
    found = verified(ctx, address)
    if found is None:
        raise MessageRejected(
            reason="Email address is not verified. The following identities failed the check in region "
            f"{ctx.region.upper()}: {address}"
        )
    return found


def new_message_id(ctx: Context) -> str:
    return f"0100{ctx.milliseconds:012x}-{ctx.new_uuid()}-000000"


def count(ctx: Context, attempts: int, rejects: int) -> None:
    at = int(ctx.now().timestamp())
    at -= at % _QUARTER
    tally = ctx.get(Tally, at) or Tally(ctx.account, ctx.region, at)
    tally.delivery_attempts += attempts
    tally.rejects += rejects
    ctx.put(tally)


def sent_lately(ctx: Context) -> float:
    """Recipients of the last 24 hours."""
    since = (ctx.now() - timedelta(hours=24)).timestamp()
    return float(sum(tally.delivery_attempts for tally in ctx.scan(Tally) if tally.at > since - _QUARTER))


@operation(on=from_source, harmless=("ReturnPath", "ReturnPathArn", "SourceArn"))
def send_email(
    ctx: Context,
    source: str,
    destination: Destination,
    message: Message,
    reply_to_addresses: Sequence[str] = (),
    configuration_set_name: str = "",
    tags: Sequence[MessageTag] = (),
) -> dict[str, str]:
    made = composed(source, destination, words(message), reply_to_addresses)
    options = Options(configuration_set_name, tags)
    return {"message_id": send(ctx, source, destination.all, made, options)}


def _raw_source(ctx: Context, raw_message: RawMessage, source: str = "") -> Resource:
    return from_source(ctx, source or raw_parties(raw_message.data)[0])


@operation(on=_raw_source, harmless=("ReturnPathArn", "SourceArn", "FromArn"))
def send_raw_email(
    ctx: Context,
    raw_message: RawMessage,
    source: str = "",
    destinations: Sequence[str] = (),
    configuration_set_name: str = "",
    tags: Sequence[MessageTag] = (),
) -> dict[str, str]:
    """Both who the envelope and who the message says that it comes from must be verified."""
    named, listed = raw_parties(raw_message.data)
    if named:
        check_sender(ctx, bare(named))
    options = Options(configuration_set_name, tags)
    return {"message_id": send(ctx, source or named, destinations or listed, raw_message.data, options)}


@operation(on=from_source, harmless=("ReturnPath", "ReturnPathArn", "SourceArn"))
def send_templated_email(
    ctx: Context,
    source: str,
    destination: Destination,
    template: str,
    template_data: str,
    reply_to_addresses: Sequence[str] = (),
    configuration_set_name: str = "",
    tags: Sequence[MessageTag] = (),
) -> dict[str, str]:
    """What cannot be filled in is taken and not sent, as on AWS: it counts as rejected."""
    found = found_template(ctx, template)
    options = Options(configuration_set_name, tags)
    try:
        content = rendered(found, template_data)
    except MissingAttribute as error:
        return {"message_id": not_filled(ctx, source, destination, options, error)}
    made = composed(source, destination, content, reply_to_addresses)
    return {"message_id": send(ctx, source, destination.all, made, options)}


@operation(on=from_source, harmless=("ReturnPath", "ReturnPathArn", "SourceArn"))
def send_bulk_templated_email(
    ctx: Context,
    source: str,
    template: str,
    default_template_data: str,
    destinations: Sequence[BulkEmailDestination],
    reply_to_addresses: Sequence[str] = (),
    configuration_set_name: str = "",
    default_tags: Sequence[MessageTag] = (),
) -> dict[str, list[dict[str, Any]]]:
    """To each destination a message of its own; each has its own status."""
    found = found_template(ctx, template)
    status: list[dict[str, Any]] = []
    for each in destinations:
        own = {tag.name for tag in each.replacement_tags}
        tags = [*(tag for tag in default_tags if tag.name not in own), *each.replacement_tags]
        options = Options(configuration_set_name, tags)
        try:
            content = rendered(found, default_template_data, each.replacement_template_data or "{}")
            made = composed(source, each.destination, content, reply_to_addresses)
            message_id = send(ctx, source, each.destination.all, made, options)
            status.append({"status": "Success", "message_id": message_id})
        except MissingAttribute as error:
            not_filled(ctx, source, each.destination, options, error)
            status.append({"status": "InvalidParameterValue", "error": str(error)})
        except InvalidParameterValue as error:
            status.append({"status": "InvalidParameterValue", "error": error.message})
    return {"status": status}


@operation(on="*", read=True)
def get_send_quota(ctx: Context) -> dict[str, float]:
    """Out of the sandbox from the start."""
    return {"max24_hour_send": DAILY, "max_send_rate": RATE, "sent_last24_hours": sent_lately(ctx)}


@operation(on="*", read=True)
def get_send_statistics(ctx: Context) -> dict[str, list[dict[str, Any]]]:
    """Quarters of an hour of the last two weeks."""
    since = (ctx.now() - timedelta(days=14)).timestamp()
    return {
        "send_data_points": [
            {
                "timestamp": tally.at, "delivery_attempts": tally.delivery_attempts, "bounces": tally.bounces,
                "complaints": tally.complaints, "rejects": tally.rejects,
            }
            for tally in ctx.scan(Tally)
            if tally.at >= since
        ]
    }  # fmt: skip
