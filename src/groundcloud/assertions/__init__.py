"""What identity providers say of people: SAML metadata and responses, JSON Web Tokens and their keys.

All of it is pure: bytes in, facts or `Rejected` out. Nothing here fetches, stores or decides about permissions.

    xml.py             XML without entities, and signatures that cover what is read
    saml_metadata.py   who a SAML provider is, and its certificates
    saml_response.py   an authentication response, verified
    jwt.py             a JSON Web Token, verified with the keys of its issuer
"""


class Rejected(Exception):
    """The assertion does not hold. The text says why, in AWS's words where AWS has them."""


class Expired(Rejected):
    """It held once."""
