"""Encryption at rest: every object has a data key of its own, and a seal that says who can open it.

SSE-S3 seals it under the installation's key, SSE-C under the key that the customer sends and nobody keeps, SSE-KMS
under a key of the KMS service, which decides who may use it.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.sealing import NotOurs
from groundcloud.services.s3 import errors
from groundcloud.services.s3.parameters import CustomerKeyHeaders, Encryption
from groundcloud.services.s3.records import Bucket, Seal

_PURPOSE = "s3 object"
_NONCE = 12
KMS = ("aws:kms", "aws:kms:dsse")
MANAGED_KEY = "alias/aws/s3"
_CUSTOMER_KEY = tuple(CustomerKeyHeaders.__annotations__)
_ENCRYPTION = frozenset(Encryption.__annotations__)


class CustomerKey(NamedTuple):
    """SSE-C: what the three headers say."""

    key: bytes
    md5: str


def customer_key(given: Mapping[str, Any], prefix: str = "") -> CustomerKey | None:
    """The customer's key among the arguments of a request, if there is one. Raises `InvalidArgument`,
    `InvalidRequest`."""
    algorithm, key, md5 = [given.get(f"{prefix}{name}") for name in _CUSTOMER_KEY]
    if not (algorithm or key or md5):
        return None
    if not algorithm:
        raise errors.InvalidArgument(
            reason="Requests specifying Server Side Encryption with Customer provided keys must provide a valid "
            "encryption algorithm.",
            argument_name="x-amz-server-side-encryption-customer-algorithm",
        )
    if algorithm != "AES256":
        raise errors.InvalidEncryptionAlgorithm()
    try:
        found = base64.b64decode(key or "", validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != 32:
        raise errors.InvalidArgument(
            reason="The secret key was invalid for the specified algorithm.",
            argument_name="x-amz-server-side-encryption-customer-key",
        )
    if base64.b64encode(hashlib.md5(found).digest()).decode() != md5:
        raise errors.InvalidArgument(
            reason="The calculated MD5 hash of the key did not match the hash that was provided.",
            argument_name="x-amz-server-side-encryption-customer-key-MD5",
        )
    return CustomerKey(found, md5 or "")


class EncryptionWish(NamedTuple):
    """How a request wants its object to be encrypted; what it does not say, its bucket does."""

    algorithm: str | None = None
    kms_key_id: str | None = None
    bucket_key_enabled: bool | None = None
    customer: CustomerKey | None = None


AS_THE_BUCKET_SAYS = EncryptionWish()


def encryption(given: Mapping[str, Any]) -> EncryptionWish:
    """The wish of a write's arguments. Raises as `customer_key` does."""
    if given.keys().isdisjoint(_ENCRYPTION):
        return AS_THE_BUCKET_SAYS
    named = given.get("server_side_encryption"), given.get("ssekms_key_id"), given.get("bucket_key_enabled")
    return EncryptionWish(*named, customer_key(given))


def new_key(ctx: Context, bucket: Bucket, key: str, asked: EncryptionWish = AS_THE_BUCKET_SAYS) -> tuple[bytes, Seal]:
    """A fresh data key and its seal, as the request asks or else as the bucket says."""
    algorithm, kms_key_id, bucket_key_enabled, customer = asked
    if customer is not None:
        if algorithm:
            raise errors.InvalidArgument(
                reason="Server Side Encryption with Customer provided key is incompatible with the encryption method "
                "specified"
            )
        data_key = ctx.random(32)
        nonce = ctx.random(_NONCE)
        wrapped = nonce + AESGCM(customer.key).encrypt(nonce, data_key, _PURPOSE.encode())
        return data_key, Seal(kind="customer", wrapped=wrapped, customer_key_md5=customer.md5)
    wanted = algorithm or bucket.algorithm
    if wanted == "AES256":
        data_key = ctx.random(32)
        return data_key, Seal(kind="AES256", wrapped=ctx.seal(data_key, _PURPOSE))
    if wanted in KMS:
        named = kms_key_id or (bucket.kms_key_id if bucket.algorithm in KMS else "") or MANAGED_KEY
        by_bucket = bucket.bucket_key_enabled if bucket_key_enabled is None else bucket_key_enabled
        arn = f"arn:aws:s3:::{bucket.name}" if by_bucket else f"arn:aws:s3:::{bucket.name}/{key}"
        return _from_kms(ctx, wanted, named, arn, by_bucket)
    raise errors.InvalidEncryptionAlgorithm()


async def make_key(ctx: Context, bucket: Bucket, key: str, asked: EncryptionWish) -> tuple[bytes, Seal]:
    """The same for an operation that has no transaction: KMS may have to make its key for S3 first."""
    if asked.customer is not None or (asked.algorithm or bucket.algorithm) not in KMS:
        return new_key(ctx, bucket, key, asked)
    return await ctx.submit(lambda inner: new_key(inner, bucket, key, asked))


def _from_kms(ctx: Context, algorithm: str, key_id: str, arn: str, by_bucket: bool) -> tuple[bytes, Seal]:
    """A data key of the KMS service, which asks the caller's permissions itself (User Guide, "Encryption context")."""
    made = _kms(ctx, "generate_data_key", key_id=key_id, key_spec="AES_256", encryption_context={"aws:s3:arn": arn})
    seal = Seal(
        kind=algorithm,
        wrapped=made["ciphertext_blob"],
        key_id=made["key_id"],
        bucket_key_enabled=by_bucket,
        context=arn,
    )
    return made["plaintext"], seal


def sealed_by_kms(ctx: Context, data_key: bytes, key_id: str, arn: str, by_bucket: bool) -> Seal:
    """A data key that is there already, sealed by a key of KMS. Raises KMS's refusals."""
    context = {"aws:s3:arn": arn}
    made = _kms(ctx, "encrypt", key_id=key_id, plaintext=data_key, encryption_context=context)
    return Seal(
        kind="aws:kms",
        wrapped=made["ciphertext_blob"],
        key_id=made["key_id"],
        bucket_key_enabled=by_bucket,
        context=arn,
    )


def _kms(ctx: Context, operation: str, **arguments: Any) -> dict[str, Any]:
    """KMS's answer; what it refuses, in the words of S3."""
    try:
        answer: dict[str, Any] = ctx.call("kms", operation, **arguments)
    except AwsError as error:
        if error.code == "AccessDeniedException":
            raise errors.AccessDenied(reason=error.message) from error
        raise errors.of_kms(error.code)(reason=error.message) from error
    return answer


def open_key(ctx: Context, seal: Seal, customer: CustomerKey | None) -> bytes:
    """The data key. Raises what S3 answers to a request without the customer's key, or with another one."""
    if seal.kind != "customer":
        if customer is not None:
            raise errors.InvalidRequest(
                reason="The encryption parameters are not applicable to this object.",
            )
        if seal.kind in KMS:
            context = {"aws:s3:arn": seal.context}
            opened: bytes = _kms(ctx, "decrypt", ciphertext_blob=seal.wrapped, encryption_context=context)["plaintext"]
            return opened
        try:
            return ctx.open(seal.wrapped, _PURPOSE)
        except NotOurs as error:
            raise errors.InternalError() from error
    if customer is None:
        raise errors.InvalidRequest(
            reason="The object was stored using a form of Server Side Encryption. The correct parameters must be "
            "provided to retrieve the object."
        )
    try:
        nonce, sealed = seal.wrapped[:_NONCE], seal.wrapped[_NONCE:]
        return AESGCM(customer.key).decrypt(nonce, sealed, _PURPOSE.encode())
    except InvalidTag as error:
        raise errors.AccessDenied(reason="Access Denied") from error


def encryption_headers(seal: Seal | None) -> dict[str, object]:
    """What answers say of an object's encryption."""
    if seal is None:
        return {}
    if seal.kind == "customer":
        return {"sse_customer_algorithm": "AES256", "sse_customer_key_md5": seal.customer_key_md5}
    said: dict[str, object] = {"server_side_encryption": seal.kind}
    if seal.key_id:
        said["ssekms_key_id"] = seal.key_id
        said["bucket_key_enabled"] = seal.bucket_key_enabled or None
    return said
