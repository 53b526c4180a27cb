"""X.509 as IAM takes it: PEM certificates, their chains and private keys. Pure."""

from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from groundcloud.services.iam import provider_errors as errors


class Certificate(NamedTuple):
    """What of a certificate IAM looks at."""

    expires: datetime
    public_key: bytes
    der: bytes


def read_certificate(body: str) -> Certificate:
    """One PEM certificate. Raises `MalformedCertificate`."""
    return _facts(_load(body))


def check_chain(body: str, chain: str) -> None:
    """That each certificate of the chain has signed the one before it. Raises `MalformedCertificate`."""
    try:
        links = [_load(body), *x509.load_pem_x509_certificates(chain.encode())]
        for certificate, issuer in pairwise(links):
            certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise errors.MalformedCertificate(
            reason="Unable to validate certificate chain. The certificate chain must start with the immediate signing "
            "certificate, followed by any intermediaries in order."
        ) from error


def check_key(certificate: Certificate, private_key: str) -> None:
    """That the key, PEM without a password, is the certificate's. Raises `MalformedCertificate`, `KeyPairMismatch`."""
    try:
        key = load_pem_private_key(private_key.encode(), None)
    except (ValueError, TypeError) as error:
        raise errors.MalformedCertificate(
            reason="Unable to parse key; the body must contain a PEM encoded private key without a password."
        ) from error
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if public != certificate.public_key:
        raise errors.KeyPairMismatch()


def _load(body: str) -> x509.Certificate:
    try:
        found = x509.load_pem_x509_certificates(body.encode())
    except ValueError as error:
        raise errors.MalformedCertificate(
            reason="Unable to parse certificate. Please ensure the certificate is in PEM format."
        ) from error
    if len(found) != 1:
        raise errors.MalformedCertificate(reason="The certificate body must contain one certificate only.")
    return found[0]


def _facts(certificate: x509.Certificate) -> Certificate:
    public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Certificate(certificate.not_valid_after_utc, public, certificate.public_bytes(Encoding.DER))
