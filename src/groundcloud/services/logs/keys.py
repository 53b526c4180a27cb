"""Encryption of a group's events under a key of KMS.

Each group has a data key, which KMS wraps. The service itself asks KMS, in an encryption context that names the group,
so that the key's policy must let it ("Encrypt log data in CloudWatch Logs using AWS Key Management Service").
"""

from collections import OrderedDict
from collections.abc import Callable

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.services.logs import errors
from groundcloud.services.logs.records import LogGroup
from groundcloud.store import Transaction

_KEPT = 300.0
"""Seconds for which an opened data key is used: after that KMS is asked again, and may refuse."""
_MOST = 1000
_opened: OrderedDict[tuple[int, bytes], tuple[float, bytes]] = OrderedDict()


def _acting(ctx: Context, arn: str, tx: Transaction | None = None) -> Context:
    service = ctx.as_service(f"logs.{ctx.region}.amazonaws.com", arn)
    return service if tx is None else service.within(tx)


async def new_data_key(ctx: Context, arn: str, key_id: str) -> tuple[str, bytes]:
    """A data key under a key of KMS: that key's ARN, and the wrapped key. Raises `InvalidParameterException`."""

    def work(inner: Context) -> tuple[str, bytes]:
        made = inner.call(
            "kms", "generate_data_key", key_id=key_id, key_spec="AES_256",
            encryption_context={"aws:logs:arn": arn},
        )  # fmt: skip
        return made["key_id"], made["ciphertext_blob"]

    if not key_id.startswith("arn:"):
        raise errors.invalid(f"The specified KMS Key Id is not valid: {key_id}. It must be the ARN of a key.")
    try:
        return await _acting(ctx, arn).submit(work)
    except AwsError as error:
        raise errors.invalid(
            f"The specified KMS Key Id could not be found or could not be used with LogGroup '{arn}'"
        ) from error


def opener(ctx: Context, group: LogGroup) -> Callable[[int], bytes]:
    """Gives a group's data keys by their numbers, or raises `InvalidParameterException` where KMS refuses."""
    return lambda number: _open(ctx, group.log_group_arn, group.data_keys[number - 1])


def _open(ctx: Context, arn: str, wrapped: bytes) -> bytes:
    now = ctx.world.clock().timestamp()
    place = (id(ctx.world.sealer), wrapped)
    known = _opened.get(place)
    if known is not None and now - known[0] < _KEPT:
        return known[1]
    try:
        with ctx.world.store.snapshot() as tx:
            opened: bytes = _acting(ctx, arn, tx).call(
                "kms", "decrypt", ciphertext_blob=wrapped, encryption_context={"aws:logs:arn": arn}
            )["plaintext"]
    except AwsError as error:
        raise errors.invalid(f"The KMS key of LogGroup '{arn}' cannot be used: {error.message}") from error
    _opened[place] = (now, opened)
    if len(_opened) > _MOST:
        _opened.popitem(last=False)
    return opened
