"""Identities of the first API. An address is verified by the link in a mail to it, a domain by records in the DNS."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from urllib.parse import urlencode

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.outbox import mail
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.ses.errors import InvalidParameterValue
from groundcloud.services.ses.records import Identity

TOKEN_PURPOSE = "ses verification"  # noqa: S105 - what it is sealed for
LINK_LASTS, RECORDS_LAST = timedelta(hours=24), timedelta(hours=72)
VERIFICATION_PATH = "/SimpleEmailService-Verification"
"""The path of the link: no bucket's, for those have no capitals."""
_ADDRESS = re.compile(r"[^@\s<>,;:\"]{1,64}@[A-Za-z0-9.-]{1,253}")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}")
_SENDER = "no-reply-aws@amazon.com"
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def on_identity(ctx: Context, identity: str) -> Resource:
    found = ctx.get(Identity, identity)
    return Resource(ctx.arn(f"identity/{identity}"), tags=found.tags if found is not None else None)


def make(ctx: Context, name: str) -> Identity:
    """An identity that waits to be verified. An address gets its mail each time. Raises `InvalidParameterValue`."""
    domain = "@" not in name
    if not (_DOMAIN if domain else _ADDRESS).fullmatch(name):
        what = "domain name" if domain else "email address"
        raise InvalidParameterValue(reason=f"Invalid {what} {name}.")
    found = ctx.get(Identity, name.lower() if domain else name)
    if found is None or found.failed:
        tags = found.tags if found is not None else {}
        token = ctx.random_text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/", 43) + "="
        found = Identity(ctx.account, ctx.region, name.lower() if domain else name, ctx.now(), token, tags=tags)
    if not domain and not found.verified:
        found.asked = ctx.now()
        _ask(ctx, found)
    return ctx.put(found)


def add_dkim(ctx: Context, found: Identity) -> Identity:
    """The tokens whose CNAME records say that a domain is its owner's."""
    if not found.dkim_tokens:
        found.dkim_tokens = [ctx.random_text(_LETTERS, 32) for _ in range(3)]
        found.dkim_enabled = True
        ctx.put(found)
    return found


def _ask(ctx: Context, found: Identity) -> None:
    token = ctx.seal_text(
        json.dumps([found.account, found.region, found.identity, (ctx.now() + LINK_LASTS).timestamp()]).encode(),
        TOKEN_PURPOSE,
    )
    base = ctx.facts.endpoint or f"https://email-verification.{ctx.region}.amazonaws.com"
    message = EmailMessage(policy=SMTP)
    message["From"] = f'"Amazon Web Services" <{_SENDER}>'
    message["To"] = found.identity
    message["Subject"] = f"Amazon Web Services - Email Address Verification Request in region {ctx.region}"
    message.set_content(
        f"Somebody wants to send mail from this address with Amazon SES (account {found.account}, region "
        f"{found.region}).\n\nIf that is you, follow this link within 24 hours:\n\n"
        f"{base}{VERIFICATION_PATH}?{urlencode({'Token': token})}\n\n"
        "If you did not ask for it, do nothing: nobody may send from this address without the link.\n"
    )
    mail(ctx, _SENDER, (found.identity,), message.as_bytes())


@operation(on="*")
def verify_email_identity(ctx: Context, email_address: str) -> None:
    make(ctx, email_address)


@operation(on="*")
def verify_email_address(ctx: Context, email_address: str) -> None:
    make(ctx, email_address)


@operation(on="*")
def verify_domain_identity(ctx: Context, domain: str) -> dict[str, str]:
    return {"verification_token": make(ctx, domain).token}


@operation(on="*")
def verify_domain_dkim(ctx: Context, domain: str) -> dict[str, list[str]]:
    return {"dkim_tokens": add_dkim(ctx, make(ctx, domain)).dkim_tokens}


@operation(on="*", read=True)
def list_identities(ctx: Context, identity_type: str = "") -> dict[str, Page]:
    def start(after: bytes) -> Iterator[tuple[bytes, str]]:
        for position, found in ctx.tx.scan_from(Identity, ctx.account, ctx.region, after=after):
            if identity_type in ("", "Domain" if found.domain else "EmailAddress"):
                yield position, found.identity

    return {"identities": Page(start)}


@operation(on="*", read=True)
def list_verified_email_addresses(ctx: Context) -> dict[str, list[str]]:
    found = ctx.scan(Identity)
    return {"verified_email_addresses": [each.identity for each in found if each.verified and not each.domain]}


def known(ctx: Context, names: Sequence[str]) -> Iterator[Identity]:
    """Those that are there; the others are left out."""
    for name in names:
        found = ctx.get(Identity, name)
        if found is not None:
            yield found


@operation(on="*", read=True)
def get_identity_verification_attributes(ctx: Context, identities: Sequence[str]) -> dict[str, Any]:
    return {
        "verification_attributes": {
            found.identity: {
                "verification_status": found.status,
                **({"verification_token": found.token} if found.domain else {}),
            }
            for found in known(ctx, identities)
        }
    }


@operation(on="*", read=True)
def get_identity_dkim_attributes(ctx: Context, identities: Sequence[str]) -> dict[str, Any]:
    return {
        "dkim_attributes": {
            found.identity: {
                "dkim_enabled": found.dkim_enabled,
                "dkim_verification_status": found.dkim_status,
                "dkim_tokens": found.dkim_tokens,
            }
            for found in known(ctx, identities)
        }
    }


@operation(on="*")
def delete_identity(ctx: Context, identity: str) -> None:
    """One that is not there is no error."""
    found = ctx.get(Identity, identity)
    if found is not None:
        ctx.delete(found)


@operation(on="*")
def delete_verified_email_address(ctx: Context, email_address: str) -> None:
    found = ctx.get(Identity, email_address)
    if found is not None:
        ctx.delete(found)
