"""SendBulkEmail: a template to many, each with its own values; and a look at what a template becomes."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ses import errors, sending
from groundcloud.services.ses.composing import Destination, bare, composed, preview
from groundcloud.services.ses.errors import BadRequestException
from groundcloud.services.ses.records import Template
from groundcloud.services.ses.rendering import MissingAttribute, rendered
from groundcloud.services.ses.second_api import ContentTemplate, Header, chosen_template, found_template
from groundcloud.services.ses.second_destinations import in_its_words
from groundcloud.services.ses.sending import MessageTag, Options, check_sender, from_source
from groundcloud.store import Part

_MOST = 50


class BulkTemplate(ContentTemplate):
    headers: list[Header] = []


class BulkEmailContent(Part):
    template: BulkTemplate | None = None


class ReplacementTemplate(Part):
    replacement_template_data: str | None = None


class ReplacementEmailContent(Part):
    replacement_template: ReplacementTemplate | None = None


class BulkEmailEntry(Part):
    destination: Destination
    replacement_tags: list[MessageTag] = []
    replacement_email_content: ReplacementEmailContent | None = None
    replacement_headers: list[Header] = []

    @property
    def data(self) -> str:
        content = self.replacement_email_content
        template = content.replacement_template if content is not None else None
        return (template.replacement_template_data if template is not None else None) or "{}"


class _Batch(Part):
    """What all entries share."""

    source: str
    template: Template
    data: str
    headers: list[Header]
    replies: list[str]
    configuration_set: str
    tags: list[MessageTag]


@operation(
    on=lambda ctx, from_email_address="": from_source(ctx, from_email_address),
    harmless=("FeedbackForwardingEmailAddress", "FeedbackForwardingEmailAddressIdentityArn",
        "FromEmailAddressIdentityArn"),
)  # fmt: skip
def send_bulk_email(
    ctx: Context,
    default_content: BulkEmailContent,
    bulk_email_entries: Sequence[BulkEmailEntry],
    from_email_address: str = "",
    reply_to_addresses: Sequence[str] = (),
    default_email_tags: Sequence[MessageTag] = (),
    configuration_set_name: str = "",
) -> dict[str, Any]:
    """To each destination a message of its own; each has its own status."""
    given = default_content.template
    if given is None:
        raise BadRequestException(reason="DefaultContent.Template must be specified.")
    if not 1 <= len(bulk_email_entries) <= _MOST:
        raise BadRequestException(reason=f"The number of entries must be from 1 to {_MOST}.")
    in_its_words(lambda: check_sender(ctx, bare(from_email_address)))
    batch = _Batch(
        from_email_address, chosen_template(ctx, given), given.template_data or "{}", given.headers,
        list(reply_to_addresses), configuration_set_name, list(default_email_tags),
    )  # fmt: skip
    return {"bulk_email_entry_results": in_its_words(lambda: [_send(ctx, batch, each) for each in bulk_email_entries])}


def _send(ctx: Context, batch: _Batch, entry: BulkEmailEntry) -> dict[str, str]:
    own, headed = {tag.name for tag in entry.replacement_tags}, {each.name for each in entry.replacement_headers}
    tags = [*(tag for tag in batch.tags if tag.name not in own), *entry.replacement_tags]
    headers = [*(each for each in batch.headers if each.name not in headed), *entry.replacement_headers]
    options = Options(batch.configuration_set, tags)
    try:
        words = rendered(batch.template, batch.data, entry.data)
        pairs = [(each.name, each.value) for each in headers]
        made = composed(batch.source, entry.destination, words, batch.replies, pairs)
        message_id = sending.send(ctx, batch.source, entry.destination.all, made, options)
    except MissingAttribute as error:
        sending.not_filled(ctx, batch.source, entry.destination, options, error)
        return {"status": "INVALID_PARAMETER", "error": str(error)}
    except errors.InvalidParameterValue as error:
        return {"status": "INVALID_PARAMETER", "error": error.message}
    return {"status": "SUCCESS", "message_id": message_id}


@operation(on="template/{template_name}", read=True)
def test_render_email_template(ctx: Context, template_name: str, template_data: str) -> dict[str, str]:
    try:
        return {"rendered_template": preview(rendered(found_template(ctx, template_name), template_data), ctx.now())}
    except (MissingAttribute, errors.InvalidParameterValue) as error:
        raise BadRequestException(reason=str(error)) from error
