"""Browser uploads to S3 by POST: the signature of a form, and the policy that the form must keep to.

Sources: AWS's pages "Creating an HTML form (using AWS Signature Version 4)", "POST policy", and answers of S3
recorded in public issue threads, for the tables of the documentation and S3 differ here. Field names are those of
the form before the file; the caller has expanded `${filename}`, as AWS does before it validates.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from groundcloud.gateway.signature import v2
from groundcloud.gateway.signature.claim import ALGORITHM, EPOCH, Claim, credential_parts, iso_basic
from groundcloud.gateway.signature.errors import ErrorStyle, Failure, SignatureError
from groundcloud.gateway.signature.verify import mismatch_elements

EXEMPT = frozenset(("x-amz-signature", "signature", "awsaccesskeyid", "policy", "file"))
V4_FIELDS = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature", "Policy")
V2_FIELDS = ("AWSAccessKeyId", "Signature", "Policy")


class FieldMissing(SignatureError, code="InvalidArgument", status=400):
    """Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."""


class FieldInvalid(SignatureError, code="InvalidArgument", status=400):
    """{message}"""


class InvalidPolicyDocument(SignatureError, status=400):
    """Invalid Policy: {problem}"""


class PolicyRefused(SignatureError, code="AccessDenied", status=403):
    """Invalid according to Policy: {problem}"""


class EntityTooLarge(SignatureError, status=400):
    """Your proposed upload exceeds the maximum allowed size"""


class EntityTooSmall(SignatureError, status=400):
    """Your proposed upload is smaller than the minimum allowed size"""


FieldMissing.template = FieldMissing.__doc__ or ""  # S3 writes two spaces there


def post_claim(fields: Mapping[str, str]) -> Claim | None:
    """The claim of a form, or None if it is anonymous (no field of a signature, whatever else it has)."""
    sent = _lower(fields)
    if any(name in sent for name in ("x-amz-algorithm", "x-amz-credential", "x-amz-signature")):
        _require(sent, V4_FIELDS)
        if sent["x-amz-algorithm"] != ALGORITHM:
            raise _field_invalid("X-Amz-Algorithm", sent, f'X-Amz-Algorithm only supports "{ALGORITHM}"')
        timestamp = sent["x-amz-date"]
        time = iso_basic(timestamp)
        if time is None:
            raise _field_invalid("X-Amz-Date", sent, "X-Amz-Date must be formated via ISO8601 Long format")
        key_id, date, region, service = credential_parts(sent["x-amz-credential"], ErrorStyle.S3_POST)
        return Claim(
            "post-policy",
            key_id,
            sent["x-amz-signature"],
            time,
            token=sent.get("x-amz-security-token", ""),
            timestamp=timestamp,
            date=date,
            region=region,
            service=service,
        )
    if "awsaccesskeyid" in sent or "signature" in sent:
        _require(sent, V2_FIELDS)
        token = sent.get("x-amz-security-token", "")
        return Claim("post-policy", sent["awsaccesskeyid"], sent["signature"], EPOCH, token=token)
    return None


def _lower(fields: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in fields.items()}


def policy_of(fields: Mapping[str, str]) -> str:
    """The policy of a form, in Base64; empty where it has none."""
    return _lower(fields).get("policy", "")


def _require(sent: dict[str, str], names: tuple[str, ...]) -> None:
    for name in names:
        if not sent.get(name.lower()):
            raise FieldMissing({"ArgumentName": name, "ArgumentValue": ""}, name=name)


def _field_invalid(name: str, sent: dict[str, str], message: str) -> FieldInvalid:
    return FieldInvalid({"ArgumentName": name, "ArgumentValue": sent[name.lower()]}, message=message)


def verify_post(claim: Claim, fields: Mapping[str, str], *, secret: str | None, signing_key: bytes) -> "PostPolicy":
    """The policy of a form, once its signature is found true; `secret` is needed for Version 2 (no `claim.date`)."""
    text = _lower(fields)["policy"]
    if claim.date:
        computed = hmac.digest(signing_key, text.encode("utf-8", "replace"), "sha256").hex()
    else:
        computed = v2.signature(secret or "", text)
    known = bool(claim.date) or secret is not None
    if not known or not hmac.compare_digest(computed.encode(), claim.signature.encode("utf-8", "replace")):
        raise ErrorStyle.S3.error(Failure.MISMATCH, mismatch_elements(claim, text, None))
    return PostPolicy(text)


class PostPolicy:
    """A parsed policy: when it expires, and its conditions."""

    def __init__(self, text: str) -> None:
        """From Base64 of JSON. Raises InvalidPolicyDocument."""
        document = _json(text)
        if not isinstance(document, dict):
            raise InvalidPolicyDocument(problem="Invalid JSON.")
        for name in document:
            if name not in ("expiration", "conditions"):
                raise InvalidPolicyDocument(problem=f"Unexpected: '{name.lower()}'")
        self.expiration = _expiration(document)
        conditions = document.get("conditions")
        if conditions is None:
            raise InvalidPolicyDocument(problem="Policy missing conditions.")
        if not isinstance(conditions, list):
            raise InvalidPolicyDocument(problem="Invalid 'conditions' value: must be a List.")
        self.conditions: list[tuple[str, object, object]] = [_condition(condition) for condition in conditions]

    @property
    def length_range(self) -> tuple[int, int] | None:
        """The narrowest sizes that every content-length-range allows, in bytes, or None."""
        ranges = [
            (_bound(first), _bound(second))
            for operator, first, second in self.conditions
            if operator.lower() == "content-length-range"
        ]
        if not ranges:
            return None
        return max(low for low, _ in ranges), min(high for _, high in ranges)

    def check(self, fields: Mapping[str, str], *, bucket: str, now: datetime) -> None:
        """Raises PolicyRefused for an expired policy, a failed condition, or a field that no condition names."""
        if now > self.expiration:
            raise PolicyRefused(problem="Policy expired.")
        sent = _lower(fields)
        sent["bucket"] = bucket
        covered = set(EXEMPT)
        for condition in self.conditions:
            operator, first, second = condition
            if not _holds(operator.lower(), first, second, sent):
                written = json.dumps(list(condition), ensure_ascii=False)
                raise PolicyRefused(problem=f"Policy Condition failed: {written}")
            covered.add(str(first).removeprefix("$").lower())
        extra = [name for name in fields if name.lower() not in covered and not name.lower().startswith("x-ignore-")]
        if extra and (extra := [name for name in extra if name.lower() != "bucket"]):
            raise PolicyRefused(problem=f"Extra input fields: {', '.join(extra)}")

    def check_length(self, length: int) -> None:
        """Raises EntityTooSmall or EntityTooLarge for a file of `length` bytes."""
        low, high = self.length_range or (0, length)
        if length > high:
            raise EntityTooLarge({"ProposedSize": str(length), "MaxSizeAllowed": str(high)})
        if length < low:
            raise EntityTooSmall({"ProposedSize": str(length), "MinSizeAllowed": str(low)})


def _json(text: str) -> object:
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidPolicyDocument(problem="Invalid Base64 encoding.") from None
    try:
        document: object = json.loads(raw, parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise InvalidPolicyDocument(problem="Invalid JSON.") from None
    return document


def _refuse(text: str) -> object:
    raise ValueError(text)


def _expiration(document: dict[str, object]) -> datetime:
    value = document.get("expiration")
    if value is None:
        raise InvalidPolicyDocument(problem="Policy missing expiration.")
    for form in ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.strptime(str(value), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise InvalidPolicyDocument(problem=f"Invalid 'expiration' value: '{value}'")


def _condition(condition: object) -> tuple[str, object, object]:
    """A condition as (operator, name or lower bound, value or upper bound); the short form is an `eq`."""
    if isinstance(condition, dict):
        if len(condition) != 1:
            problem = "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
            raise InvalidPolicyDocument(problem=problem)
        ((name, value),) = condition.items()
        if value is None:
            raise InvalidPolicyDocument(problem="Invalid JSON.")
        if not isinstance(value, str):
            raise InvalidPolicyDocument(problem="Invalid Simple-Condition: value must be a string.")
        return "eq", f"${name}", value
    if not isinstance(condition, list):
        raise InvalidPolicyDocument(problem="Invalid condition test: must be a List or Object.")
    if not condition or not isinstance(condition[0], str):
        raise InvalidPolicyDocument(problem="Invalid Condition: missing operation identifier.")
    operator, *operands = condition
    kind = operator.lower()
    if kind not in ("eq", "starts-with", "content-length-range"):
        raise InvalidPolicyDocument(problem=f"Invalid Condition: unknown operation '{operator}'.")
    if len(operands) != 2:
        raise InvalidPolicyDocument(problem=f"Invalid {kind}: wrong number of arguments.")
    allowed: tuple[type, ...] = (str, int) if kind == "content-length-range" else (str,)
    if not all(isinstance(operand, allowed) and not isinstance(operand, bool) for operand in operands):
        raise InvalidPolicyDocument(problem="Invalid JSON.")
    if kind == "content-length-range" and any(isinstance(operand, int) and operand < 0 for operand in operands):
        raise InvalidPolicyDocument(problem=f"Invalid {kind}: values must not be negative.")
    return operator, operands[0], operands[1]


def _bound(value: object) -> int:
    """A bound of content-length-range; S3 takes numbers written as strings."""
    text = str(value)
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text)
    return -1


def _holds(operator: str, first: object, second: object, sent: dict[str, str]) -> bool:
    if operator == "content-length-range":
        return _bound(first) >= 0 and _bound(second) >= 0
    name, expected = str(first), str(second)
    # A condition on a field that the form lacks fails, also for the empty prefix.
    value = sent.get(name[1:].lower()) if name.startswith("$") else None
    if value is None:
        return False
    if operator == "eq":
        return value == expected
    if name.lower() == "$content-type" and "," in value:
        return all(part.strip().startswith(expected) for part in value.split(","))
    return value.startswith(expected)
