"""SES's second API (`sesv2`): the same identities, templates and mail, in other words."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.ses import errors, identities, second_dkim, sending
from groundcloud.services.ses.composing import Destination, Message, Whole, bare, composed, raw_parties, words
from groundcloud.services.ses.errors import (
    AlreadyExistsException,
    BadRequestException,
    NotFoundException,
)
from groundcloud.services.ses.records import ConfigurationSet, Identity, SuppressionSettings, Tag, Template
from groundcloud.services.ses.rendering import MissingAttribute, check, rendered
from groundcloud.services.ses.second_destinations import in_its_words
from groundcloud.services.ses.second_dkim import DkimSigningAttributes, found_identity
from groundcloud.services.ses.sending import MessageTag, Options, RawMessage
from groundcloud.services.ses.settings import account_sends
from groundcloud.store import Part

PAGE = 100


class TemplateContent(Part):
    """AWS's `EmailTemplateContent`."""

    subject: str | None = None
    text: str | None = None
    html: str | None = None


class ContentTemplate(Part):
    template_name: str | None = None
    template_content: TemplateContent | None = None
    template_data: str | None = None


class Header(Part):
    name: str
    value: str


class Simple(Message):
    headers: list[Header] = []


class EmailContent(Part):
    simple: Simple | None = None
    raw: RawMessage | None = None
    template: ContentTemplate | None = None


def _on(ctx: Context, email_identity: str) -> Resource:
    return identities.on_identity(ctx, email_identity)


def cut(ctx: Context, member: str, page: Page, token: str, size: int) -> dict[str, Any]:
    """A part of a list: botocore has no paginators for this API."""
    purpose = f"page/sesv2/{member}/{ctx.account}/{ctx.region}"
    after = ctx.open_text(token, purpose) if token else b""
    if after is None:
        raise BadRequestException(reason="The NextToken is not valid.")
    items, last = page.cut(after, size)
    return {member: items, "next_token": ctx.seal_text(last, purpose) if last else None}


def _listed(found: Identity) -> dict[str, Any]:
    return {
        "identity_type": _kind(found), "identity_name": found.identity, "sending_enabled": found.verified,
        "verification_status": found.status.upper(),
    }  # fmt: skip


def _metadata(found: Template) -> dict[str, Any]:
    return {"template_name": found.template_name, "created_timestamp": found.created}


def _kind(found: Identity) -> str:
    return "DOMAIN" if found.domain else "EMAIL_ADDRESS"


@operation(on=_on)
def create_email_identity(
    ctx: Context,
    email_identity: str,
    tags: Sequence[Tag] = (),
    dkim_signing_attributes: DkimSigningAttributes | None = None,
    configuration_set_name: str = "",
) -> dict[str, Any]:
    if ctx.exists(Identity, email_identity):
        raise AlreadyExistsException(reason=f"Email identity {email_identity} already exist.")
    found = in_its_words(lambda: identities.make(ctx, email_identity))
    given = dkim_signing_attributes or DkimSigningAttributes()
    if found.domain and given.domain_signing_private_key:
        second_dkim.bring(ctx, found, given)
    elif found.domain:
        second_dkim.let_make(ctx, found, given)
    if configuration_set_name and not ctx.exists(ConfigurationSet, configuration_set_name):
        raise NotFoundException(reason=f"Configuration set <{configuration_set_name}> does not exist.")
    found.configuration_set = configuration_set_name
    found.tags = {tag.key: tag.value for tag in tags}
    ctx.put(found)
    return {
        "identity_type": _kind(found),
        "verified_for_sending_status": found.verified,
        "dkim_attributes": second_dkim.shown(ctx, found),
    }


@operation(on=_on, read=True)
def get_email_identity(ctx: Context, email_identity: str) -> dict[str, Any]:
    found = found_identity(ctx, email_identity)
    return {
        "identity_type": _kind(found),
        "feedback_forwarding_status": found.forwarding,
        "configuration_set_name": found.configuration_set or None,
        "verified_for_sending_status": found.verified,
        "dkim_attributes": second_dkim.shown(ctx, found),
        "mail_from_attributes": {"behavior_on_mx_failure": "USE_DEFAULT_VALUE"},
        "policies": {},
        "tags": [{"key": key, "value": value} for key, value in sorted(found.tags.items())],
        "verification_status": found.status.upper(),
    }


@operation(on="*", read=True)
def list_email_identities(ctx: Context, next_token: str = "", page_size: int = PAGE) -> dict[str, Any]:
    return cut(ctx, "email_identities", ctx.page(Identity, each=_listed), next_token, page_size)


@operation(on=_on)
def delete_email_identity(ctx: Context, email_identity: str) -> None:
    ctx.delete(found_identity(ctx, email_identity))


def _from(ctx: Context, content: EmailContent, from_email_address: str = "") -> Resource:
    named = raw_parties(content.raw.data)[0] if content.raw is not None else ""
    return sending.from_source(ctx, from_email_address or named)


@operation(
    on=_from,
    harmless=("FeedbackForwardingEmailAddress", "FeedbackForwardingEmailAddressIdentityArn",
        "FromEmailAddressIdentityArn"),
)  # fmt: skip
def send_email(
    ctx: Context,
    content: EmailContent,
    from_email_address: str = "",
    destination: Destination | None = None,
    reply_to_addresses: Sequence[str] = (),
    configuration_set_name: str = "",
    email_tags: Sequence[MessageTag] = (),
) -> dict[str, str]:
    to, options = destination or Destination(), Options(configuration_set_name, email_tags)
    if sum(part is not None for part in (content.simple, content.raw, content.template)) != 1:
        raise BadRequestException(reason="Exactly one of Simple, Raw and Template must be specified.")
    message_id = in_its_words(lambda: _send(ctx, content, from_email_address, to, reply_to_addresses, options))
    return {"message_id": message_id}


def _send(
    ctx: Context, content: EmailContent, source: str, to: Destination, replies: Sequence[str], options: Options
) -> str:
    """The message's id."""
    if content.raw is not None:
        named, listed = raw_parties(content.raw.data)
        if named:
            sending.check_sender(ctx, bare(named))
        return sending.send(ctx, source or named, to.all or listed, content.raw.data, options)
    try:
        whole = words(content.simple) if content.simple is not None else _filled(ctx, content.template)
    except MissingAttribute as error:
        return sending.not_filled(ctx, source, to, options, error)
    extra = [(each.name, each.value) for each in content.simple.headers] if content.simple else []
    return sending.send(ctx, source, to.all, composed(source, to, whole, replies, extra), options)


def _filled(ctx: Context, given: ContentTemplate | None) -> Whole:
    assert given is not None
    return rendered(chosen_template(ctx, given), given.template_data or "{}")


def chosen_template(ctx: Context, given: ContentTemplate) -> Template:
    """The template of a name, or the one that the request brings. Raises `NotFoundException`."""
    if given.template_content is not None:
        inline = given.template_content
        check(inline.subject, inline.text, inline.html)
        return Template(ctx.account, ctx.region, "", ctx.now(), inline.subject or "", inline.text, inline.html)
    return found_template(ctx, given.template_name or "")


def found_template(ctx: Context, name: str) -> Template:
    found = ctx.get(Template, name)
    if found is None:
        raise NotFoundException(reason=f"Template {name} does not exist.")
    return found


@operation(on="*", read=True)
def get_account(ctx: Context) -> dict[str, Any]:
    settings = ctx.get(SuppressionSettings) or SuppressionSettings(ctx.account, ctx.region)
    return {
        "dedicated_ip_auto_warmup_enabled": False,
        "enforcement_status": "HEALTHY",
        "production_access_enabled": True,
        "sending_enabled": account_sends(ctx),
        "suppression_attributes": {"suppressed_reasons": settings.reasons},
        "send_quota": {
            "max24_hour_send": sending.DAILY, "max_send_rate": sending.RATE,
            "sent_last24_hours": sending.sent_lately(ctx),
        },
    }  # fmt: skip


# -- templates


def _put(ctx: Context, name: str, content: TemplateContent, known: Template | None) -> None:
    try:
        check(content.subject, content.text, content.html)
    except errors.InvalidTemplate as error:
        raise BadRequestException(reason=error.message) from error
    created = known.created if known is not None else ctx.now()
    ctx.put(Template(ctx.account, ctx.region, name, created, content.subject or "", content.text, content.html))


@operation(on="*")
def create_email_template(ctx: Context, template_name: str, template_content: TemplateContent) -> None:
    if ctx.exists(Template, template_name):
        raise AlreadyExistsException(reason=f"Template {template_name} already exists.")
    _put(ctx, template_name, template_content, None)


@operation(on="*")
def update_email_template(ctx: Context, template_name: str, template_content: TemplateContent) -> None:
    _put(ctx, template_name, template_content, found_template(ctx, template_name))


@operation(on="*", read=True)
def get_email_template(ctx: Context, template_name: str) -> dict[str, Any]:
    found = found_template(ctx, template_name)
    content = {"subject": found.subject, "text": found.text, "html": found.html}
    return {"template_name": found.template_name, "template_content": content}


@operation(on="*")
def delete_email_template(ctx: Context, template_name: str) -> None:
    ctx.delete(found_template(ctx, template_name))


@operation(on="*", read=True)
def list_email_templates(ctx: Context, next_token: str = "", page_size: int = PAGE) -> dict[str, Any]:
    return cut(ctx, "templates_metadata", ctx.page(Template, each=_metadata), next_token, page_size)
