"""Bodies at rest: under the installation's key, or under data keys of KMS that are used again for a while.

Source: "Encryption at rest in Amazon SQS" and "How does the data key reuse period work?" in the developer guide. A data
key is kept for each principal, so that nobody profits from another one's permission.
"""

from typing import NamedTuple
from weakref import WeakKeyDictionary

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.services.sqs import errors
from groundcloud.services.sqs.layout import Content
from groundcloud.services.sqs.records import Queue
from groundcloud.store import Store

_PURPOSE = "sqs message"
_IV = 12
_MOST_KEYS = 10_000


class DataKey(NamedTuple):
    plain: bytes
    wrapped: bytes
    until: int
    arn: str = ""


_keys: "WeakKeyDictionary[Store, dict[tuple[str, ...] | tuple[bytes, str], DataKey]]" = WeakKeyDictionary()


def data_key(ctx: Context, queue: Queue) -> DataKey | None:
    """The key for what is sent to a queue now; None where KMS has no part in it."""
    key_id = queue.attributes.get("KmsMasterKeyId")
    if not key_id:
        return None
    known = _keys.setdefault(ctx.world.store, {})
    place = (queue.arn, key_id, ctx.principal.arn)
    found = known.get(place)
    now = ctx.milliseconds
    if found is None or found.until <= now:
        try:
            with ctx.snapshot() as inner:
                made = inner.call(
                    "kms",
                    "generate_data_key",
                    key_id=key_id,
                    key_spec="AES_256",
                    encryption_context={"aws:sqs:arn": queue.arn},
                )
        except AwsError as error:
            raise _failure(error) from error
        until = now + queue.seconds("KmsDataKeyReusePeriodSeconds") * 1000
        found = DataKey(made["plaintext"], made["ciphertext_blob"], until, queue.arn)
        _keep(known, place, found)
    return found


def sealed(ctx: Context, queue: Queue, key: DataKey | None, payload: bytes) -> tuple[bytes, bool]:
    """A body as it is kept, and whether it is sealed at all."""
    if key is not None:
        iv = ctx.random(_IV)
        return iv + AESGCM(key.plain).encrypt(iv, payload, None), True
    if queue.attributes.get("SqsManagedSseEnabled") == "false":
        return payload, False
    return ctx.seal(payload, _PURPOSE), True


def opened(ctx: Context, queue: Queue, content: Content) -> bytes:
    """The body that was kept."""
    if not content.sealed:
        return content.body
    if not content.data_key:
        return ctx.open(content.body, _PURPOSE)
    known = _keys.setdefault(ctx.world.store, {})
    place = (content.data_key, ctx.principal.arn)
    found = known.get(place)
    now = ctx.milliseconds
    if found is None or found.until <= now:
        try:
            with ctx.snapshot() as inner:
                plain = inner.call(
                    "kms",
                    "decrypt",
                    ciphertext_blob=content.data_key,
                    encryption_context={"aws:sqs:arn": content.data_key_arn},
                )["plaintext"]
        except AwsError as error:
            raise _failure(error) from error
        until = now + queue.seconds("KmsDataKeyReusePeriodSeconds") * 1000
        found = DataKey(plain, content.data_key, until)
        _keep(known, place, found)
    return AESGCM(found.plain).decrypt(content.body[:_IV], content.body[_IV:], None)


def _keep(
    known: dict[tuple[str, ...] | tuple[bytes, str], DataKey], place: tuple[str, ...] | tuple[bytes, str], key: DataKey
) -> None:
    if len(known) >= _MOST_KEYS:
        known.clear()
    known[place] = key


_FAILURES: dict[str, type[AwsError]] = {
    "DisabledException": errors.KmsDisabled,
    "KMSInvalidStateException": errors.KmsInvalidState,
    "NotFoundException": errors.KmsNotFound,
    "InvalidKeyUsageException": errors.KmsInvalidKeyUsage,
}


def _failure(error: AwsError) -> AwsError:
    if "AccessDenied" in error.code:
        return errors.KmsAccessDenied(reason=error.message)
    return _FAILURES.get(error.code, errors.KmsNotFound)(reason=error.message)
