"""A SAML authentication response (SAML V2.0 Core), verified and read.

Sources: IAM guide, "Configure SAML assertions for the authentication response" and "Troubleshoot SAML federation".
"""

import base64
import binascii
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from groundcloud.assertions import Expired, Rejected
from groundcloud.assertions.saml_metadata import instant
from groundcloud.assertions.xml import Element, parse, signed_by

SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
_ENDPOINT = re.compile(r"https://(?:[a-z0-9-]+\.)?signin\.aws\.amazon\.com/(?:platform/)?saml(?:/acs/[\w-]+)?")
_AUDIENCE = "urn:amazon:webservices"
_SKEW = timedelta(minutes=5)


class SamlAssertion(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified response says. `attributes`: values by name."""

    issuer: str
    subject: str
    subject_type: str
    recipient: str
    attributes: dict[str, list[str]]
    session_until: datetime | None = None


def issuer_of(encoded: str) -> str:
    """Who says to have issued a response; nothing of it is verified. Raises `Rejected`."""
    return _text(_assertion_in(_response(encoded)), "Issuer")


def read_response(encoded: str, certificates: Iterable[bytes], now: datetime) -> SamlAssertion:
    """The assertion of a base64 response, if one of the certificates (DER) signed the assertion or the whole response.

    Raises `Expired` outside the times that it names, `Rejected` for all else.
    """
    response = _response(encoded)
    signed = list(certificates)
    if response.find("{http://www.w3.org/2000/09/xmldsig#}Signature") is not None:
        assertion = _assertion_in(signed_by(response, signed, now))
    else:
        assertion = signed_by(_assertion_in(response), signed, now)
    status = response.find(f"{SAMLP}Status/{SAMLP}StatusCode")
    if status is None or status.get("Value") != SUCCESS:
        raise Rejected("the identity provider did not authenticate the user")
    return _read(assertion, now)


def _response(encoded: str) -> Element:
    try:
        root = parse(base64.b64decode("".join(encoded.split()), validate=True))
    except (binascii.Error, ValueError) as error:
        raise Rejected("Invalid base64 SAMLResponse") from error
    if root.tag != f"{SAMLP}Response":
        raise Rejected("Invalid SAML response: it is no Response")
    return root


def _assertion_in(response: Element) -> Element:
    """The one assertion, which is the response's own child."""
    found = response.findall(f"{SAML}Assertion")
    if len(found) != 1 or len(list(response.iter(f"{SAML}Assertion"))) != 1:
        raise Rejected("Invalid SAML response: there must be exactly one assertion, not encrypted")
    return found[0]


def _read(assertion: Element, now: datetime) -> SamlAssertion:
    name_id = assertion.find(f"{SAML}Subject/{SAML}NameID")
    confirmations = assertion.findall(f"{SAML}Subject/{SAML}SubjectConfirmation")
    if name_id is None or not (name_id.text or "").strip() or len(confirmations) != 1:
        raise Rejected("Invalid SAML response: there must be one NameID and one SubjectConfirmation")
    data = confirmations[0].find(f"{SAML}SubjectConfirmationData")
    recipient = data.get("Recipient", "") if data is not None else ""
    if confirmations[0].get("Method") != BEARER or not _ENDPOINT.fullmatch(recipient):
        raise Rejected("Invalid SAML response: the Recipient is not the sign-in endpoint")
    _check_times(assertion, data, now)
    _check_audience(assertion)
    until = [each.get("SessionNotOnOrAfter") for each in assertion.findall(f"{SAML}AuthnStatement")]
    session_until = min((instant(each) for each in until if each), default=None)
    if session_until is not None and session_until <= now:
        raise Expired("the session of the identity provider has ended")
    return SamlAssertion(
        issuer=_text(assertion, "Issuer"),
        subject=name_id.text.strip(),
        subject_type=name_id.get("Format", "").removeprefix(_FORMAT),
        recipient=recipient,
        attributes=_attributes(assertion),
        session_until=session_until,
    )


def _check_times(assertion: Element, data: Element, now: datetime) -> None:
    conditions = assertion.find(f"{SAML}Conditions")
    if data.get("NotOnOrAfter") is None:
        raise Rejected("Invalid SAML response: SubjectConfirmationData has no NotOnOrAfter")
    for element in (data, conditions):
        if element is None:
            continue
        end, start = element.get("NotOnOrAfter"), element.get("NotBefore")
        if end is not None and instant(end) <= now:
            raise Expired("Token must be redeemed within 5 minutes of issuance")
        if start is not None and instant(start) > now + _SKEW:
            raise Rejected("Invalid SAML response: it is not valid yet")
    issued = assertion.get("IssueInstant")
    if issued is None or instant(issued) > now + _SKEW:
        raise Rejected("Invalid SAML response: it has no IssueInstant, or one in the future")


def _check_audience(assertion: Element) -> None:
    """Each restriction that is there must name AWS."""
    restrictions = assertion.findall(f"{SAML}Conditions/{SAML}AudienceRestriction")
    if not restrictions:
        raise Rejected("Invalid SAML response: it names no audience")
    for restriction in restrictions:
        names = [(each.text or "").strip() for each in restriction.findall(f"{SAML}Audience")]
        if not any(name == _AUDIENCE or _ENDPOINT.fullmatch(name) for name in names):
            raise Rejected("Invalid SAML response: it is meant for another audience")


def _attributes(assertion: Element) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for attribute in assertion.findall(f"{SAML}AttributeStatement/{SAML}Attribute"):
        values = [(value.text or "").strip() for value in attribute.findall(f"{SAML}AttributeValue")]
        found.setdefault(attribute.get("Name", ""), []).extend(values)
    return found


def _text(element: Element, name: str) -> str:
    found = element.find(f"{SAML}{name}")
    return (found.text or "").strip() if found is not None else ""
