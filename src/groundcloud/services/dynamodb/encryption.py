"""A table's own key, and the key of KMS that wraps it: SSESpecification.

Sources: "DynamoDB encryption at rest" and "How Amazon DynamoDB uses AWS KMS" in the developer guides: the encryption
context, the caller's own permission on a customer managed key at each call, and a grant for what DynamoDB does by
itself. A table that never had such a key is kept as the data folder keeps it.
"""

from collections.abc import Callable
from typing import Any

from groundcloud.context import Context
from groundcloud.controllers import Act
from groundcloud.errors import AwsError
from groundcloud.services.dynamodb import errors
from groundcloud.services.dynamodb.cipher import Cipher
from groundcloud.services.dynamodb.errors import invalid_value
from groundcloud.services.dynamodb.records import SseSpecification, Table, TableEncryption

_MANAGED = "alias/aws/dynamodb"
_PURPOSE = "dynamodb table key"
_GRANTED = ["Decrypt", "DescribeKey", "RetireGrant"]


def check_specification(wanted: SseSpecification | None) -> None:
    """Raises `ValidationException`."""
    if wanted is None:
        return
    if wanted.enabled and wanted.sse_type not in (None, "KMS"):
        raise invalid_value(f"SSEType {wanted.sse_type} is not supported")
    if not wanted.enabled and (wanted.sse_type or wanted.kms_master_key_id):
        raise invalid_value("SSESpecification's SSEType and KMSMasterKeyId need Enabled to be true")


async def new_encryption(ctx: Context, table_name: str, wanted: SseSpecification | None) -> TableEncryption | None:
    """A new table key under the key of KMS that is wanted; None where AWS's own is. Raises `ValidationException` and
    `AccessDeniedException`."""
    if wanted is None or not wanted.enabled:
        return None
    key_id = wanted.kms_master_key_id or _MANAGED
    context = _context(ctx.account, table_name)

    def work(inner: Context) -> TableEncryption:
        made = inner.call(
            "kms", "generate_data_key_without_plaintext", key_id=key_id, key_spec="AES_256",
            encryption_context=context,
        )  # fmt: skip
        return _granted(inner, made["key_id"], made["ciphertext_blob"], context)

    return await _asked(ctx, work)


async def changed_encryption(ctx: Context, table: Table, wanted: SseSpecification) -> TableEncryption | None:
    """The same for a table that is there: its own key stays, and is wrapped anew. Without a key of KMS, the
    installation keeps it."""
    before = table.encryption
    if before is None:
        made = await new_encryption(ctx, table.table_name, wanted)
        if made is not None:
            made.pending = True
        return made
    key_id = wanted.kms_master_key_id or _MANAGED

    def work(inner: Context) -> TableEncryption:
        key = _opened(inner, before)
        if wanted.enabled:
            sealed = inner.call("kms", "encrypt", key_id=key_id, plaintext=key, encryption_context=before.context)
            made = _granted(inner, sealed["key_id"], sealed["ciphertext_blob"], before.context)
        else:
            made = TableEncryption("", inner.seal(key, _PURPOSE), before.context)
        made.pending = before.pending
        return made

    return await _asked(ctx, work)


def _granted(inner: Context, arn: str, blob: bytes, context: dict[str, str]) -> TableEncryption:
    """The wrapped key. A grant lets DynamoDB open it without a caller: one for each key and name of a table, which
    stays, because backups outlive their tables."""
    name = context["aws:dynamodb:tableName"].replace(".", ":")
    inner.call(
        "kms", "create_grant", key_id=arn, operations=_GRANTED, grantee_service_principal=_service(inner.region),
        constraints={"encryption_context_subset": context}, name=f"dynamodb/{name}",
    )  # fmt: skip
    return TableEncryption(arn, blob, context)


async def _asked(ctx: Context, work: Callable[[Context], TableEncryption]) -> TableEncryption:
    try:
        return await ctx.submit(work)
    except AwsError as error:
        raise _failure(error, invalid_value(error.message)) from error


def _failure(error: AwsError, otherwise: AwsError) -> AwsError:
    return errors.KmsAccessDenied(reason=error.message) if "AccessDenied" in error.code else otherwise


def _context(account: str, table_name: str) -> dict[str, str]:
    return {"aws:dynamodb:tableName": table_name, "aws:dynamodb:subscriberId": account}


def _service(region: str) -> str:
    return f"dynamodb.{region}.amazonaws.com"


def acting(ctx: Context) -> Context:
    """The service itself, on behalf of this account."""
    return ctx.as_service(_service(ctx.region))


def cipher_of(ctx: Context, encryption: TableEncryption) -> Cipher:
    """What opens a table's items, for this caller. Raises `AccessDeniedException` where the caller may not use the key
    of KMS, or nobody can because it is disabled or to be deleted."""
    if not encryption.key_arn:
        return Cipher(ctx.open(encryption.data_key, _PURPOSE), ctx.world.entropy)
    with ctx.snapshot() as inner:
        try:
            return Cipher(_opened(inner, encryption), ctx.world.entropy)
        except AwsError as error:
            raise errors.KmsAccessDenied(reason=error.message) from error


def _opened(inner: Context, encryption: TableEncryption) -> bytes:
    if not encryption.key_arn:
        return inner.open(encryption.data_key, _PURPOSE)
    opened: dict[str, Any] = inner.call(
        "kms", "decrypt", ciphertext_blob=encryption.data_key, encryption_context=encryption.context
    )
    return bytes(opened["plaintext"])


def own_cipher(ctx: Context, table: Table) -> Cipher | None:
    """The same for DynamoDB itself, by its grant: for what no caller asks. None for a table that has no key."""
    return None if table.encryption is None else cipher_of(acting(ctx), table.encryption)


def is_inaccessible(ctx: Context, table: Table) -> bool:
    """Whether DynamoDB itself cannot open the table's key: it is disabled, gone, or its grant was taken away."""
    try:
        own_cipher(ctx, table)
    except AwsError:
        return True
    return False


class TableKeys:
    """Opens the keys of tables for controllers."""

    def __init__(self, act: Act) -> None:
        self._act = act

    def cipher(self, table: Table) -> Cipher | None:
        """None for a table that has no key. Raises `AccessDeniedException`."""
        if table.encryption is None:
            return None

        async def work(ctx: Context) -> Cipher | None:
            return own_cipher(ctx, table)

        return self._act(table.account, table.region, "dynamodb", "", work)
