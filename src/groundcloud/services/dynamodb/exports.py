"""Exports of tables to S3: begun, shown, listed. `export_controller.py` does them.

Source: "DynamoDB data export to Amazon S3" in the developer guide. The caller's permission to write to the bucket is
tried once, when the export begins; what follows is written for the account.
"""

from datetime import datetime
from typing import Any

from groundcloud.context import Context
from groundcloud.errors import AwsError, ParameterNotWritten
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.dynamodb import errors, history
from groundcloud.services.dynamodb.descriptions import table_arn as arn_of
from groundcloud.services.dynamodb.records import Export, Table
from groundcloud.services.dynamodb.schema import named, plane, resource
from groundcloud.services.dynamodb.tables import new_backup_id
from groundcloud.services.dynamodb.transfers import begun, fail, listed, on_arn, parts_of
from groundcloud.store import Transaction


def _on_table(ctx: Context, table_arn: str) -> Resource:
    return resource(ctx, table_arn)


@operation(on=_on_table)
async def export_table_to_point_in_time(
    ctx: Context,
    table_arn: str,
    s3_bucket: str,
    export_time: datetime | None = None,
    client_token: str = "",
    s3_prefix: str = "",
    s3_sse_algorithm: str = "AES256",
    s3_sse_kms_key_id: str | None = None,
    export_format: str = "DYNAMODB_JSON",
    export_type: str = "FULL_EXPORT",
) -> object:
    _check_written(export_format, export_type)
    place = named(ctx, table_arn)
    now = ctx.world.clock()
    export_id = new_backup_id(ctx)

    def wanted(tx: Transaction) -> Export:
        table, moment = _moment(tx, place, export_time, now)
        return Export(
            *place, export_id, table, moment, s3_bucket, ctx.now(), s3_prefix, s3_sse_algorithm, s3_sse_kms_key_id,
            client_token,
        )  # fmt: skip

    with plane(ctx).snapshot() as tx:
        made = wanted(tx)
        known = begun(tx, Export, ctx, client_token)
    if known is not None:
        return {"export_description": _described(_same(known, made))}
    await _begin(ctx, made)

    def work(tx: Transaction) -> Export:
        wanted(tx)  # it may have changed since
        return tx.put(made)

    return {"export_description": _described(await plane(ctx).submit(work))}


def _moment(tx: Transaction, place: tuple[str, str, str], wanted: datetime | None, now: datetime) -> tuple[Table, int]:
    """The table, and which of its moments is exported. Raises `TableNotFoundException`, and the errors of
    point-in-time recovery."""
    table = tx.get(Table, *place)
    if table is None:
        raise errors.NoSuchTable(table_name=place[2])
    try:
        return table, history.moment_of(tx, table, wanted, now)
    except errors.InvalidRestoreTime:
        raise errors.InvalidExportTime() from None


def _check_written(export_format: str, export_type: str) -> None:
    """Raises `NotImplemented` for what is not written."""
    for value, known, parameter in (
        (export_format, "DYNAMODB_JSON", "ExportFormat"),
        (export_type, "FULL_EXPORT", "ExportType"),
    ):
        if value != known:
            raise ParameterNotWritten(
                parameter=f"{parameter} {value}", service="dynamodb", operation="ExportTableToPointInTime"
            )


def _same(known: Export, wanted: Export) -> Export:
    """What the same client token has begun. Raises `ExportConflictException` where that was another export."""
    if (known.table_name, known.bucket, known.prefix) != (wanted.table_name, wanted.bucket, wanted.prefix):
        raise errors.ExportConflict()
    return known


async def _begin(ctx: Context, made: Export) -> None:
    """Write the empty object with which an export begins, as the caller. Who may not has an export that failed."""
    try:
        await ctx.wait("s3", "put_object", bucket=made.bucket, key=f"{made.folder}/_started", body=b"")
    except AwsError as error:
        fail(made, error, ctx.now())


def _on_export(ctx: Context, export_arn: str) -> Resource:
    return on_arn(ctx, export_arn, "export")


@operation(on=_on_export, read=True)
def describe_export(ctx: Context, export_arn: str) -> object:
    with plane(ctx).snapshot() as tx:
        found = tx.get(Export, *parts_of(export_arn, "export"))
    if found is None:
        raise errors.ExportNotFound(arn=export_arn)
    return {"export_description": _described(found)}


@operation(on="*", read=True)
def list_exports(ctx: Context, table_arn: str = "", max_results: int = 25, next_token: str = "") -> object:
    found, more = listed(ctx, Export, table_arn, next_token, max_results)
    return {"export_summaries": [_summary(one) for one in found], "next_token": more or None}


def _summary(export: Export) -> dict[str, Any]:
    return {"export_arn": export.arn, "export_status": export.status, "export_type": "FULL_EXPORT"}


def _described(export: Export) -> dict[str, Any]:
    done = export.status == "COMPLETED"
    return {
        **_summary(export),
        "start_time": export.started,
        "end_time": export.ended,
        "export_manifest": f"{export.folder}/manifest-summary.json" if done else None,
        "table_arn": arn_of(export.definition),
        "table_id": export.definition.table_id,
        "export_time": export.time,
        "client_token": export.client_token or None,
        "s3_bucket": export.bucket,
        "s3_prefix": export.prefix or None,
        "s3_sse_algorithm": export.sse_algorithm,
        "s3_sse_kms_key_id": export.sse_key,
        "failure_code": export.failure_code,
        "failure_message": export.failure_message,
        "export_format": "DYNAMODB_JSON",
        "billed_size_bytes": export.size_bytes if done else None,
        "item_count": export.item_count if done else None,
    }
