"""Imports of new tables from S3: begun, shown, listed. `import_controller.py` does them.

Source: "DynamoDB data import from Amazon S3" in the developer guide. The caller's permission to list and read the
bucket is tried once, when the import begins; what follows is read for the account.
"""

from typing import Any

from groundcloud.context import Context
from groundcloud.errors import AwsError, ParameterNotWritten
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.dynamodb import errors
from groundcloud.services.dynamodb.encryption import check_specification, new_encryption
from groundcloud.services.dynamodb.records import (
    Import,
    InputFormatOptions,
    Restore,
    S3BucketSource,
    Table,
    TableCreationParameters,
)
from groundcloud.services.dynamodb.schema import plane, resource
from groundcloud.services.dynamodb.table_checks import check_name
from groundcloud.services.dynamodb.tables import new_backup_id, new_table
from groundcloud.services.dynamodb.transfers import begun, fail, listed, on_arn, parts_of
from groundcloud.store import Transaction


def _new_table(ctx: Context, table_creation_parameters: TableCreationParameters) -> Resource:
    return resource(ctx, table_creation_parameters.table_name)


@operation(on=_new_table)
async def import_table(
    ctx: Context,
    s3_bucket_source: S3BucketSource,
    input_format: str,
    table_creation_parameters: TableCreationParameters,
    input_format_options: InputFormatOptions | None = None,
    input_compression_type: str = "NONE",
    client_token: str = "",
) -> object:
    for value, parameter in ((input_format, "InputFormat"), (input_compression_type, "InputCompressionType")):
        if value in ("ION", "ZSTD"):
            raise ParameterNotWritten(parameter=f"{parameter} {value}", service="dynamodb", operation="ImportTable")
    wanted = table_creation_parameters
    check_name(wanted.table_name)
    place = (ctx.account, ctx.region, wanted.table_name)
    table = new_table(
        ctx, place, wanted.attribute_definitions, wanted.key_schema, (), wanted.global_secondary_indexes or (),
        wanted.billing_mode, wanted.provisioned_throughput, wanted.on_demand_throughput,
    )  # fmt: skip
    check_specification(wanted.sse_specification)
    table.encryption = await new_encryption(ctx, wanted.table_name, wanted.sse_specification)
    made = Import(
        *place, new_backup_id(ctx), table.table_id, s3_bucket_source, input_format, input_compression_type, wanted,
        ctx.now(), input_format_options, client_token,
    )  # fmt: skip
    await _begin(ctx, made)

    def work(tx: Transaction) -> Import:
        known = begun(tx, Import, ctx, client_token)
        if known is not None:
            if (known.table_name, known.source) != (made.table_name, made.source):
                raise errors.ImportConflict()
            return known
        if tx.get(Table, *place) is not None or tx.get(Restore, *place) is not None:
            raise errors.TableExists(table_name=wanted.table_name)
        if made.status == "IN_PROGRESS":
            tx.put(Restore(*place, "", "", table, import_id=made.import_id))
        return tx.put(made)

    return {"import_table_description": _described(await plane(ctx).submit(work))}


async def _begin(ctx: Context, made: Import) -> None:
    """Look once at what is to be read, as the caller. Who may not has an import that failed."""
    bucket = made.source.s3_bucket
    try:
        with ctx.snapshot() as inner:
            answer = inner.call("s3", "list_objects_v2", bucket=bucket, prefix=made.source.s3_key_prefix, max_keys=1)
        for entry in answer.get("contents") or ():
            await ctx.wait("s3", "get_object", bucket=bucket, key=entry["key"], range="bytes=0-0")
    except AwsError as error:
        if error.code != "InvalidRange":  # the object is empty
            fail(made, error, ctx.now())


def _on_import(ctx: Context, import_arn: str) -> Resource:
    return on_arn(ctx, import_arn, "import")


@operation(on=_on_import, read=True)
def describe_import(ctx: Context, import_arn: str) -> object:
    with plane(ctx).snapshot() as tx:
        found = tx.get(Import, *parts_of(import_arn, "import"))
    if found is None:
        raise errors.ImportNotFound(arn=import_arn)
    return {"import_table_description": _described(found)}


@operation(on="*", read=True)
def list_imports(ctx: Context, table_arn: str = "", page_size: int = 25, next_token: str = "") -> object:
    after = bytes.fromhex(next_token).rstrip(b" ").decode() if next_token else ""
    found, more = listed(ctx, Import, table_arn, after, page_size)
    text = more.encode()
    token = text.ljust(max(56, -(-len(text) // 8) * 8)).hex() if more else None  # the form that the model asks for
    return {"import_summary_list": [_summary(one) for one in found], "next_token": token}


def _summary(made: Import) -> dict[str, Any]:
    return {
        "import_arn": made.arn,
        "import_status": made.status,
        "table_arn": made.arn.rpartition("/import/")[0],
        "s3_bucket_source": made.source,
        "input_format": made.input_format,
        "start_time": made.started,
        "end_time": made.ended,
    }


def _described(made: Import) -> dict[str, Any]:
    return {
        **_summary(made),
        "table_id": made.table_id,
        "client_token": made.client_token or None,
        "error_count": made.failed_items,
        "input_format_options": made.options,
        "input_compression_type": made.compression,
        "table_creation_parameters": made.creation,
        "processed_size_bytes": made.processed_bytes,
        "processed_item_count": made.processed_items,
        "imported_item_count": made.imported_items,
        "failure_code": made.failure_code,
        "failure_message": made.failure_message,
    }
