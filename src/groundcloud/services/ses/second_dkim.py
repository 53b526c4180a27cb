"""DKIM of identities, in the second API: on or off, keys that SES makes and keys that their owners bring."""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ses import dkim, identities
from groundcloud.services.ses.errors import BadRequestException, NotFoundException
from groundcloud.services.ses.records import DKIM_PURPOSE, DkimKey, Identity
from groundcloud.store import Part

_ZONE = "dkim.amazonses.com"
_LENGTHS = {"RSA_1024_BIT": 1024, "RSA_2048_BIT": 2048}


class DkimSigningAttributes(Part):
    domain_signing_selector: str | None = None
    domain_signing_private_key: str | None = None
    next_signing_key_length: str | None = None


def found_identity(ctx: Context, name: str) -> Identity:
    """Raises `NotFoundException`."""
    found = ctx.get(Identity, name)
    if found is None:
        raise NotFoundException(reason=f"Email identity {name} does not exist.")
    return found


def shown(ctx: Context, found: Identity) -> dict[str, Any]:
    """AWS's `DkimAttributes`."""
    own = found.domain and found.dkim_origin == "AWS_SES"
    key = ctx.get(DkimKey, found.identity)
    length = f"RSA_{found.dkim_bits}_BIT" if own else None
    return {
        "signing_enabled": found.dkim_enabled,
        "status": found.dkim_status.upper() if found.dkim_tokens else "NOT_STARTED",
        "tokens": found.dkim_tokens,
        "signing_hosted_zone": _ZONE if own else None,
        "signing_attributes_origin": found.dkim_origin,
        "next_signing_key_length": length,
        "current_signing_key_length": length,
        "last_key_generation_timestamp": key.made if key is not None else None,
    }


def bring(ctx: Context, found: Identity, given: DkimSigningAttributes) -> None:
    """The key that an owner has; a TXT record at its selector has to show it. Raises `BadRequestException`."""
    selector, text = given.domain_signing_selector or "", given.domain_signing_private_key or ""
    if not selector or not text:
        raise BadRequestException(reason="DomainSigningSelector and DomainSigningPrivateKey must be specified.")
    try:
        private = dkim.read_key(text)
    except ValueError as error:
        raise BadRequestException(reason=f"The DKIM private key is not valid: {error}") from error
    found.dkim_origin, found.dkim_tokens = "EXTERNAL", [selector]
    found.dkim_enabled, found.dkim_verified, found.asked = True, False, ctx.now()
    sealed = ctx.seal(private, DKIM_PURPOSE)
    place = (found.account, found.region, found.identity)
    ctx.put(DkimKey(*place, selector, dkim.public_of(private), sealed, 0, ctx.now()))


def let_make(ctx: Context, found: Identity, given: DkimSigningAttributes) -> None:
    """A key of SES's own, with three new tokens where the length changes. The controller makes it."""
    bits = _LENGTHS.get(given.next_signing_key_length or "RSA_2048_BIT")
    if bits is None:
        raise BadRequestException(reason=f"{given.next_signing_key_length} is not a key length.")
    if found.dkim_origin != "AWS_SES" or bits != found.dkim_bits:
        found.dkim_tokens, found.dkim_verified = [], False
    found.dkim_origin, found.dkim_bits = "AWS_SES", bits
    identities.add_dkim(ctx, found)


@operation(on=lambda ctx, email_identity: identities.on_identity(ctx, email_identity))
def put_email_identity_dkim_attributes(ctx: Context, email_identity: str, signing_enabled: bool = False) -> None:
    found = found_identity(ctx, email_identity)
    found.dkim_enabled = signing_enabled
    ctx.put(found)


@operation(on=lambda ctx, email_identity: identities.on_identity(ctx, email_identity))
def put_email_identity_dkim_signing_attributes(
    ctx: Context,
    email_identity: str,
    signing_attributes_origin: str,
    signing_attributes: DkimSigningAttributes | None = None,
) -> dict[str, Any]:
    found = found_identity(ctx, email_identity)
    if not found.domain:
        raise BadRequestException(reason="DKIM signing attributes are of domains.")
    given = signing_attributes or DkimSigningAttributes()
    if signing_attributes_origin == "EXTERNAL":
        bring(ctx, found, given)
    elif signing_attributes_origin == "AWS_SES":
        let_make(ctx, found, given)
    else:
        raise BadRequestException(reason=f"{signing_attributes_origin} is not an origin of signing attributes here.")
    ctx.put(found)
    attributes = shown(ctx, found)
    return {
        "dkim_status": attributes["status"], "dkim_tokens": found.dkim_tokens,
        "signing_hosted_zone": attributes["signing_hosted_zone"],
    }  # fmt: skip
