"""The metadata of a SAML identity provider (SAML V2.0 Metadata): its entity id, and the certificates it signs with."""

import base64
import binascii
from datetime import UTC, datetime

import msgspec

from groundcloud.assertions import Rejected
from groundcloud.assertions.xml import DSIG, Element, parse

MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"


class SamlMetadata(msgspec.Struct, frozen=True):
    """`certificates` are DER."""

    entity_id: str
    certificates: list[bytes]
    valid_until: datetime | None


def read_metadata(document: str) -> SamlMetadata:
    """Raises `Rejected` for what no identity provider can be recognized by."""
    root = parse(document.encode())
    entity = root if root.tag == f"{MD}EntityDescriptor" else root.find(f"{MD}EntityDescriptor")
    if entity is None or not entity.get("entityID"):
        raise Rejected("there is no EntityDescriptor with an entityID")
    role = entity.find(f"{MD}IDPSSODescriptor")
    if role is None:
        raise Rejected("there is no IDPSSODescriptor")
    certificates = [
        _certificate(element)
        for key in role.findall(f"{MD}KeyDescriptor")
        if key.get("use") in (None, "signing")
        for element in key.iter(f"{DSIG}X509Certificate")
    ]
    if not certificates:
        raise Rejected("there is no certificate for signing")
    until = entity.get("validUntil") or root.get("validUntil")
    return SamlMetadata(entity.get("entityID"), certificates, instant(until) if until else None)


def _certificate(element: Element) -> bytes:
    from cryptography import x509  # no call of STS waits for it that shows no assertion

    try:
        data = base64.b64decode("".join((element.text or "").split()), validate=True)
        x509.load_der_x509_certificate(data)
    except (binascii.Error, ValueError) as error:
        raise Rejected("a certificate cannot be read") from error
    return data


def instant(text: str) -> datetime:
    """A time as SAML writes it, in UTC. Raises `Rejected`."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Rejected(f"{text} is no time") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
