"""XML from strangers: no document type, no entities, no network; and signatures that cover exactly what is read.

A signature is taken only where it is the child of the element that it signs, and only that element, as it was digested,
is given back. What else is in the document is never looked at: that is what signature wrapping needs (OWASP, "SAML
Security"; McIntosh and Austel, "XML signature element wrapping attacks").

lxml, signxml and x509 are imported at first use: they take longer to load than a whole start of the cloud may wait.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from groundcloud.assertions import Rejected

DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
Element = Any
"""An lxml element; lxml has no types of its own."""

_METHODS = {f"{key}_SHA{size}" for key in ("RSA", "ECDSA") for size in (256, 384, 512)}
"""No HMAC, which has no certificate, and no SHA-1."""


def parse(data: bytes) -> Element:
    """The root element. Raises `Rejected`, for a document type declaration too."""
    from lxml import etree

    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or b"\0" in data:
        raise Rejected("the document has a document type declaration or is not in UTF-8")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Rejected("the document is not well formed") from error
    if root.getroottree().docinfo.doctype:
        raise Rejected("the document has a document type declaration")
    return root


def signed_by(element: Element, certificates: Iterable[bytes], now: datetime) -> Element:
    """The element as its own signature covers it. Raises `Rejected` unless one of the certificates (DER) signed it.

    The element is verified as a document of its own: nothing around it can lend it a meaning or an id.
    """
    from cryptography import x509
    from lxml import etree
    from signxml.algorithms import SignatureMethod
    from signxml.exceptions import SignXMLException
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    if len(element.findall(f"{DSIG}Signature")) != 1:
        raise Rejected("the element is not signed, or not once")
    alone = parse(etree.tostring(element, with_tail=False))
    configuration = SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=frozenset(method for method in SignatureMethod if method.name in _METHODS),
        verification_time=now,
    )
    for certificate in certificates:
        try:
            result = XMLVerifier().verify(
                alone,
                x509_cert=x509.load_der_x509_certificate(certificate),
                id_attribute="ID",
                expect_config=configuration,
            )
        except (SignXMLException, ValueError, etree.LxmlError):
            continue
        found: Element = None if isinstance(result, list) else result.signed_xml
        if found is not None and found.tag == element.tag and found.get("ID") == element.get("ID"):
            return found
    raise Rejected("Response signature invalid")
