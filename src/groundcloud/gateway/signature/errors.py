"""Every way in which a signature can fail, in the words of each family of services.

`ERRORS` maps (style, failure) to an error class. S3 has words of its own; the other families share sentences and
differ in codes and statuses. Sources: the common errors of each service's API reference, "Troubleshoot signed
requests for AWS APIs", S3's "Error responses", and answers of AWS quoted in public threads.
"""

from enum import Enum, auto
from typing import ClassVar

from groundcloud.errors import AwsError


class SignatureError(AwsError):
    """{message}"""

    elements: dict[str, str]
    """What S3 writes beside Code and Message, by element name."""
    failure: ClassVar["Failure"]

    def __init__(self, elements: dict[str, str] | None = None, **facts: object) -> None:
        self.elements = elements or {}
        super().__init__(**facts)


class Failure(Enum):
    """What is wrong, before it is said in a family's words."""

    MISSING_TOKEN = auto()
    UNSUPPORTED_TYPE = auto()
    TWO_MECHANISMS = auto()
    INCOMPLETE = auto()
    NOT_KEY_VALUE = auto()
    QUERY_INCOMPLETE = auto()
    ALGORITHM = auto()
    CREDENTIAL = auto()
    EMPTY_KEY = auto()
    DATE_MISSING = auto()
    DATE_FORMAT = auto()
    EXPIRES_NUMBER = auto()
    EXPIRES_NEGATIVE = auto()
    EXPIRES_LIMIT = auto()
    HOST_UNSIGNED = auto()
    HEADERS_UNSIGNED = auto()
    SCOPE = auto()
    SCOPE_DATE = auto()
    REGION = auto()
    SERVICE = auto()
    TERMINATOR = auto()
    UNKNOWN_KEY = auto()
    TOKEN_INVALID = auto()
    TOKEN_EXPIRED = auto()
    EXPIRED = auto()
    NOT_YET_CURRENT = auto()
    PRESIGNED_EXPIRED = auto()
    PRESIGNED_NOT_YET = auto()
    MISMATCH = auto()
    CONTENT_HASH_MISSING = auto()
    CONTENT_HASH_INVALID = auto()
    CONTENT_HASH_MISMATCH = auto()
    V2_HEADER = auto()
    V2_QUERY_INCOMPLETE = auto()
    V2_EXPIRES = auto()


class ErrorStyle(Enum):
    """The families of services that word these errors alike."""

    S3 = "s3"
    S3_QUERY = "s3-query"
    """S3 when the signature is in the query; chosen by the kind of the claim, as is S3_POST."""
    S3_POST = "s3-post"
    QUERY = "query"
    """IAM, STS, CloudFormation, ... and the services of rest-xml other than S3."""
    EC2 = "ec2"
    JSON = "json"
    """JSON 1.0 and 1.1, RPC v2 CBOR: DynamoDB, SecretsManager, ..."""
    REST_JSON = "rest-json"

    def __init__(self, name: str) -> None:
        self.is_s3 = name.startswith("s3")

    def of_kind(self, kind: str) -> "ErrorStyle":
        """The style for a kind of claim: S3 says where the signature stood, the others do not."""
        if self is not ErrorStyle.S3:
            return self
        return {"v4-query": ErrorStyle.S3_QUERY, "post-policy": ErrorStyle.S3_POST}.get(kind, self)

    def error(self, failure: Failure, elements: dict[str, str] | None = None, **facts: object) -> SignatureError:
        """The error to raise; `facts` fill the sentence, `elements` are S3's extra XML elements."""
        return ERRORS[self, failure](elements, **facts)


def missing_token(style: ErrorStyle) -> SignatureError:
    """For an anonymous request where none is allowed."""
    return style.error(Failure.MISSING_TOKEN)


def unknown_key(style: ErrorStyle, access_key_id: str) -> SignatureError:
    """For an access key that does not exist or is inactive."""
    return style.error(Failure.UNKNOWN_KEY, {"AWSAccessKeyId": access_key_id})


def invalid_token(style: ErrorStyle, token: str) -> SignatureError:
    """For a session token that is not the key's, or is missing or superfluous."""
    return style.error(Failure.TOKEN_INVALID, {"Token-0": token})


def expired_token(style: ErrorStyle, token: str) -> SignatureError:
    """For a session that is over."""
    return style.error(Failure.TOKEN_EXPIRED, {"Token-0": token})


def style_of(service: str, protocol: str) -> ErrorStyle:
    """The style of a service, given its endpoint prefix and the protocol of its model."""
    if service in ("s3", "s3express", "s3-object-lambda", "s3-outposts"):
        return ErrorStyle.S3
    return _STYLES.get(protocol, ErrorStyle.QUERY)


_STYLES = {
    "ec2": ErrorStyle.EC2,
    "json": ErrorStyle.JSON,
    "smithy-rpc-v2-cbor": ErrorStyle.JSON,
    "rest-json": ErrorStyle.REST_JSON,
}

F = Failure
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
INVALID_TOKEN = "The security token included in the request is invalid."  # noqa: S105
MISSING_TOKEN = "Request is missing Authentication Token"  # noqa: S105
EXPIRED_TOKEN = "The security token included in the request is expired"  # noqa: S105
CREDENTIAL = (
    "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
)
SKEW_PAST = "Signature expired: {time} is now earlier than {limit} ({now} - 15 min.)"

# Failure: (group, sentence); the group names the code in `CODES`.
SENTENCES: dict[Failure, tuple[str, str]] = {
    F.MISSING_TOKEN: ("missing", MISSING_TOKEN),
    F.UNSUPPORTED_TYPE: ("incomplete", "{sentences} {authorization}"),
    F.TWO_MECHANISMS: ("incomplete", "{sentences}"),
    F.INCOMPLETE: ("incomplete", "{sentences} {authorization}"),
    F.NOT_KEY_VALUE: (
        "incomplete",
        "Invalid key=value pair (missing equal-sign) in Authorization header "
        "(hashed with SHA-256 and encoded with Base64): '{hashed}'.",
    ),
    F.QUERY_INCOMPLETE: ("incomplete", "{sentences} Re-examine the query-string parameters."),
    F.ALGORITHM: ("incomplete", "Unsupported AWS 'algorithm': '{algorithm}'"),
    F.CREDENTIAL: ("incomplete", CREDENTIAL),
    F.EMPTY_KEY: ("unknown", INVALID_TOKEN),
    F.DATE_MISSING: (
        "incomplete",
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. {authorization}",
    ),
    F.DATE_FORMAT: (
        "incomplete",
        "Date must be in ISO-8601 'basic format'. Got '{value}'. See http://en.wikipedia.org/wiki/ISO_8601",
    ),
    F.EXPIRES_NUMBER: ("incomplete", "X-Amz-Expires should be a number"),
    F.EXPIRES_NEGATIVE: ("incomplete", "X-Amz-Expires must be non-negative"),
    F.EXPIRES_LIMIT: ("incomplete", "X-Amz-Expires must be less than 604800 seconds"),
    F.HOST_UNSIGNED: ("invalid", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
    F.HEADERS_UNSIGNED: ("invalid", "There were headers present in the request which were not signed"),
    F.SCOPE: ("invalid", "{sentences}"),
    F.SCOPE_DATE: (
        "invalid",
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        "'{date}' != '{expected}', from '{timestamp}'.",
    ),
    F.REGION: ("invalid", "Credential should be scoped to a valid region, not '{region}'."),
    F.SERVICE: ("invalid", "Credential should be scoped to correct service: '{expected}'."),
    F.TERMINATOR: (
        "invalid",
        "Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator}'.",
    ),
    F.UNKNOWN_KEY: ("unknown", INVALID_TOKEN),
    F.TOKEN_INVALID: ("unknown", INVALID_TOKEN),
    F.TOKEN_EXPIRED: ("expired", EXPIRED_TOKEN),
    F.EXPIRED: ("skewed", SKEW_PAST),
    F.NOT_YET_CURRENT: ("skewed", "Signature not yet current: {time} is still later than {limit} ({now} + 15 min.)"),
    F.PRESIGNED_EXPIRED: ("skewed", SKEW_PAST),
    F.PRESIGNED_NOT_YET: ("skewed", "Signature not yet current: {time} is still later than {limit} ({now} + 15 min.)"),
    F.MISMATCH: ("invalid", MISMATCH),
    F.CONTENT_HASH_MISSING: ("invalid", MISMATCH),
    F.CONTENT_HASH_INVALID: ("invalid", MISMATCH),
    F.CONTENT_HASH_MISMATCH: ("invalid", MISMATCH),
    F.V2_HEADER: ("missing", MISSING_TOKEN),
    F.V2_QUERY_INCOMPLETE: ("incomplete", "{sentences}"),
    F.V2_EXPIRES: ("incomplete", "Invalid date (should be seconds since epoch): {value}"),
}

CODES: dict[ErrorStyle, dict[str, tuple[str, int]]] = {
    ErrorStyle.QUERY: {
        "missing": ("MissingAuthenticationToken", 403),
        "incomplete": ("IncompleteSignature", 400),
        "invalid": ("SignatureDoesNotMatch", 403),
        "skewed": ("SignatureDoesNotMatch", 403),
        "unknown": ("InvalidClientTokenId", 403),
        "expired": ("ExpiredToken", 403),
    },
    # EC2 does not say which part of the credentials is wrong.
    ErrorStyle.EC2: {
        "missing": ("MissingAuthenticationToken", 403),
        "incomplete": ("IncompleteSignature", 400),
        "invalid": ("AuthFailure", 401),
        "skewed": ("RequestExpired", 400),
        "unknown": ("AuthFailure", 401),
        "expired": ("RequestExpired", 400),
    },
    ErrorStyle.JSON: {
        "missing": ("MissingAuthenticationTokenException", 400),
        "incomplete": ("IncompleteSignatureException", 400),
        "invalid": ("InvalidSignatureException", 400),
        "skewed": ("InvalidSignatureException", 400),
        "unknown": ("UnrecognizedClientException", 400),
        "expired": ("ExpiredTokenException", 400),
    },
    ErrorStyle.REST_JSON: {
        "missing": ("MissingAuthenticationTokenException", 403),
        "incomplete": ("IncompleteSignatureException", 403),
        "invalid": ("InvalidSignatureException", 403),
        "skewed": ("InvalidSignatureException", 403),
        "unknown": ("UnrecognizedClientException", 403),
        "expired": ("ExpiredTokenException", 403),
    },
}
EC2_SENTENCES = {
    "invalid": "AWS was not able to validate the provided access credentials",
    "unknown": "AWS was not able to validate the provided access credentials",
    "skewed": "Request has expired.",
    "expired": "Request has expired.",
}
# The gateway of the REST services words this one in its own way.
REST_JSON_MISSING = "Missing Authentication Token"

S3_ONE_MECHANISM = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
    "Signature query string parameter or the Authorization header should be specified"
)
S3_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
S3_QUERY_V4 = (
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
    "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)
S3_EXPIRES_LIMIT = (
    "X-Amz-Expires must be less than a week (in seconds); "
    "that is, the given X-Amz-Expires must be less than 604800 seconds"
)
S3_CONTENT_HASH = (
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER "
    "or a valid sha256 value."
)
S3_DATE = "AWS authentication requires a valid Date or x-amz-date header"

# Failure: (code, status, sentence), for a signature in a header and, where not overwritten below, in the query.
S3_ERRORS: dict[Failure, tuple[str, int, str]] = {
    F.MISSING_TOKEN: ("AccessDenied", 403, "Access Denied"),
    F.UNSUPPORTED_TYPE: ("InvalidArgument", 400, "Unsupported Authorization Type"),
    F.TWO_MECHANISMS: ("InvalidArgument", 400, S3_ONE_MECHANISM),
    F.QUERY_INCOMPLETE: ("AuthorizationQueryParametersError", 400, S3_QUERY_V4),
    F.ALGORITHM: ("InvalidArgument", 400, "Unsupported Authorization Type"),
    F.DATE_MISSING: ("AccessDenied", 403, S3_DATE),
    F.DATE_FORMAT: ("AccessDenied", 403, S3_DATE),
    F.EXPIRES_NUMBER: ("AuthorizationQueryParametersError", 400, "X-Amz-Expires should be a number"),
    F.EXPIRES_NEGATIVE: ("AuthorizationQueryParametersError", 400, "X-Amz-Expires must be non-negative"),
    F.EXPIRES_LIMIT: ("AuthorizationQueryParametersError", 400, S3_EXPIRES_LIMIT),
    F.HOST_UNSIGNED: ("AccessDenied", 403, "There were headers present in the request which were not signed"),
    F.HEADERS_UNSIGNED: ("AccessDenied", 403, "There were headers present in the request which were not signed"),
    F.UNKNOWN_KEY: ("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."),
    F.TOKEN_INVALID: ("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
    F.TOKEN_EXPIRED: ("ExpiredToken", 400, "The provided token has expired."),
    F.PRESIGNED_EXPIRED: ("AccessDenied", 403, "Request has expired"),
    F.PRESIGNED_NOT_YET: ("AccessDenied", 403, "Request is not yet valid"),
    F.MISMATCH: ("SignatureDoesNotMatch", 403, S3_MISMATCH),
    F.CONTENT_HASH_MISSING: (
        "InvalidRequest",
        400,
        "Missing required header for this request: x-amz-content-sha256",
    ),
    F.CONTENT_HASH_INVALID: ("InvalidArgument", 400, S3_CONTENT_HASH),
    F.CONTENT_HASH_MISMATCH: (
        "XAmzContentSHA256Mismatch",
        400,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ),
    F.V2_HEADER: (
        "InvalidArgument",
        400,
        "AWS authorization header is invalid. Expected AwsAccessKeyId:signature",
    ),
    F.V2_QUERY_INCOMPLETE: (
        "AccessDenied",
        403,
        "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
    ),
    F.V2_EXPIRES: ("AccessDenied", 403, "Invalid date (should be seconds since epoch): {value}"),
}
for _failure in (F.EXPIRED, F.NOT_YET_CURRENT):
    S3_ERRORS[_failure] = (
        "RequestTimeTooSkewed",
        403,
        "The difference between the request time and the current time is too large.",
    )

# What is wrong with the credential; the prefix says where the credential stood.
S3_CREDENTIAL = {
    F.INCOMPLETE: "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
    F.NOT_KEY_VALUE: "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
    F.CREDENTIAL: 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    F.EMPTY_KEY: "a non-empty Access Key (AKID) must be provided in the credential.",
    F.SCOPE: "{sentences}",
    F.REGION: "the region '{region}' is wrong; expecting '{expected}'",
    F.SERVICE: 'incorrect service "{service}". This endpoint belongs to "{expected}".',
    F.TERMINATOR: 'incorrect terminal "{terminator}". This endpoint uses "aws4_request".',
    F.SCOPE_DATE: 'Invalid credential date "{date}". This date is not the same as X-Amz-Date: "{expected}".',
}
S3_QUERY_ERRORS: dict[Failure, tuple[str, int, str]] = {
    F.ALGORITHM: (
        "AuthorizationQueryParametersError",
        400,
        'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"',
    ),
    F.DATE_FORMAT: (
        "AuthorizationQueryParametersError",
        400,
        "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
    ),
    F.SCOPE_DATE: ("AuthorizationQueryParametersError", 400, S3_CREDENTIAL[F.SCOPE_DATE]),
}


def _error_class(failure: Failure, code: str, status: int, sentence: str) -> type[SignatureError]:
    class Refused(SignatureError, code=code, status=status):
        pass

    Refused.__name__ = Refused.__qualname__ = code
    Refused.__doc__ = Refused.template = sentence
    Refused.failure = failure
    return Refused


def _table() -> dict[tuple[ErrorStyle, Failure], type[SignatureError]]:
    table = {}
    for style, codes in CODES.items():
        for failure, (group, sentence) in SENTENCES.items():
            if style is ErrorStyle.EC2:
                sentence = EC2_SENTENCES.get(group, sentence)
            if style is ErrorStyle.REST_JSON and group == "missing":
                sentence = REST_JSON_MISSING
            table[style, failure] = _error_class(failure, *codes[group], sentence)
    header = "AuthorizationHeaderMalformed", 400, "The authorization header is malformed; "
    query = "AuthorizationQueryParametersError", 400, "Error parsing the X-Amz-Credential parameter; "
    post = "InvalidArgument", 400, ""
    for style, (code, status, prefix), own in (
        (ErrorStyle.S3, header, {}),
        (ErrorStyle.S3_QUERY, query, S3_QUERY_ERRORS),
        (ErrorStyle.S3_POST, post, {}),
    ):
        worded = {failure: (code, status, prefix + sentence) for failure, sentence in S3_CREDENTIAL.items()}
        for failure, row in (S3_ERRORS | worded | own).items():
            table[style, failure] = _error_class(failure, *row)
    return table


ERRORS = _table()
"""(style, failure) -> the class to raise."""
