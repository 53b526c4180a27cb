"""Identity providers for tests: they sign SAML responses and JSON Web Tokens with keys of their own."""

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree
from signxml import XMLSigner, methods

SIGN_IN = "https://signin.aws.amazon.com/saml"
AWS = "https://aws.amazon.com/SAML/Attributes/"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def certificate(name: str) -> x509.Certificate:
    """A certificate that signs itself."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(rsa_key(name).public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(rsa_key(name), hashes.SHA256())
    )


def pem(name: str) -> bytes:
    return certificate(name).public_bytes(serialization.Encoding.PEM)


class SamlIdp:
    """A SAML identity provider."""

    def __init__(self, name: str = "idp.example.com") -> None:
        self.name = name
        self.entity_id = f"https://{name}/saml"

    def metadata(self, **attributes: str) -> str:
        body = "".join(pem(self.name).decode().splitlines()[1:-1])
        more = "".join(f' {name}="{value}"' for name, value in attributes.items())
        filler = "<!-- metadata of real providers are never shorter than a thousand characters -->"
        return (
            f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{self.entity_id}"{more}>{filler}'
            '<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
            '<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>'
            f"<X509Certificate>{body}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
            '<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://x.example"/>'
            "</IDPSSODescriptor></EntityDescriptor>"
        )

    def response(
        self, now: datetime, attributes: dict[str, list[str]], sign: str = "assertion", key: str = "", **facts: Any
    ) -> etree._Element:
        """A response, signed at the assertion or at the response."""
        root = etree.fromstring(self._text(now, attributes, facts))
        signer = XMLSigner(method=methods.enveloped, c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#")
        key = key or self.name
        target = root if sign == "response" else root.find("{urn:oasis:names:tc:SAML:2.0:assertion}Assertion")
        if sign == "nothing":
            return root
        signed = signer.sign(
            target, key=rsa_key(key), cert=[certificate(key)], reference_uri=target.get("ID"), id_attribute="ID"
        )
        if sign == "response":
            return signed
        root.replace(target, signed)
        return root

    def _text(self, now: datetime, attributes: dict[str, list[str]], facts: dict[str, Any]) -> str:
        def at(**ago: float) -> str:
            return (now + timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")

        listed = "".join(
            f'<Attribute Name="{name}">'
            + "".join(f"<AttributeValue>{v}</AttributeValue>" for v in values)
            + "</Attribute>"
            for name, values in attributes.items()
        )
        until = f' SessionNotOnOrAfter="{facts["session_until"]}"' if "session_until" in facts else ""
        return (
            '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r1" Version="2.0" '
            f'IssueInstant="{at()}"><samlp:Status><samlp:StatusCode '
            f'Value="{facts.get("status", "urn:oasis:names:tc:SAML:2.0:status:Success")}"/></samlp:Status>'
            f'<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a1" Version="2.0" IssueInstant="{at()}">'
            f"<Issuer>{facts.get('issuer', self.entity_id)}</Issuer><Subject>"
            '<NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">alice</NameID>'
            '<SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><SubjectConfirmationData '
            f'NotOnOrAfter="{at(minutes=5)}" Recipient="{facts.get("recipient", SIGN_IN)}"/>'
            "</SubjectConfirmation></Subject>"
            f'<Conditions NotBefore="{at(minutes=-5)}" NotOnOrAfter="{at(minutes=5)}"><AudienceRestriction>'
            f"<Audience>{facts.get('audience', SIGN_IN)}</Audience></AudienceRestriction></Conditions>"
            f'<AuthnStatement AuthnInstant="{at()}"{until}><AuthnContext/></AuthnStatement>'
            f"<AttributeStatement>{listed}</AttributeStatement></Assertion></samlp:Response>"
        )


def encoded(root: etree._Element) -> str:
    return base64.b64encode(etree.tostring(root)).decode()


class OidcIdp:
    """An OpenID Connect provider with an RSA key `one` and an elliptic key `two`."""

    def __init__(self, issuer: str = "https://oidc.example.com/pool") -> None:
        self.issuer = issuer
        self.elliptic = ec.generate_private_key(ec.SECP256R1())

    def keys(self) -> bytes:
        numbers = rsa_key("oidc").public_key().public_numbers()
        point = self.elliptic.public_key().public_numbers()
        return json.dumps({
            "keys": [
                {"kty": "RSA", "kid": "one", "use": "sig", "n": number(numbers.n), "e": number(numbers.e)},
                {"kty": "EC", "kid": "two", "crv": "P-256", "x": number(point.x, 32), "y": number(point.y, 32)},
            ]
        }).encode()  # fmt: skip

    def token(self, now: datetime, key: str = "one", header: dict[str, Any] | None = None, **claims: Any) -> str:
        body = {
            "iss": self.issuer, "sub": "alice", "aud": "client-1", "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + 300, **claims,
        }  # fmt: skip
        head = {"alg": "RS256" if key == "one" else "ES256", "kid": key, "typ": "JWT", **(header or {})}
        signed = f"{part(head)}.{part({k: v for k, v in body.items() if v is not None})}"
        return f"{signed}.{base64url(self._sign(signed.encode(), key))}"

    def _sign(self, data: bytes, key: str) -> bytes:
        if key != "two":
            return rsa_key("oidc" if key == "one" else key).sign(data, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self.elliptic.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def part(value: Any) -> str:
    return base64url(json.dumps(value).encode())


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def number(value: int, length: int = 0) -> str:
    return base64url(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))
