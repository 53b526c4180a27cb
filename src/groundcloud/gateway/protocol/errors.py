"""What a malformed request is answered with: AWS's codes, one class each.

Malformed                            (internal: says what is wrong; each protocol turns it into its own code)
AwsError
├── SerializationException           json, rest-json, rpc-v2-cbor
├── MalformedInput                   query, ec2, rest-xml other than S3
├── MalformedQueryString             a form that is not one
├── MalformedXML                     rest-xml bodies
└── InvalidArgument                  S3's headers and query parameters
"""

from groundcloud.errors import AwsError


class Malformed(ValueError):
    """A value on the wire that cannot be what the model says; the text is for the caller."""


class SerializationException(AwsError):
    """{message}"""


class MalformedInput(AwsError):
    """{message}"""


class MalformedQueryString(AwsError, status=404):
    """{message}"""


class MalformedXML(AwsError):
    """{message}"""


class InvalidArgument(AwsError):
    """{message}"""
