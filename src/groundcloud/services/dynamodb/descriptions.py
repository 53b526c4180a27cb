"""Tables and indexes as answers show them."""

from typing import Any

from groundcloud.services.dynamodb.records import Index, ProvisionedThroughput, Table

INACCESSIBLE = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
"""The status of a table whose key of KMS cannot be used."""


def table_arn(table: Table) -> str:
    return f"arn:aws:dynamodb:{table.region}:{table.account}:table/{table.table_name}"


def stream_arn(table: Table) -> str:
    return f"{table_arn(table)}/stream/{table.stream_label}"


def _throughput(wanted: ProvisionedThroughput | None) -> dict[str, Any]:
    read, write = (wanted.read_capacity_units, wanted.write_capacity_units) if wanted else (0, 0)
    return {"number_of_decreases_today": 0, "read_capacity_units": read, "write_capacity_units": write}


def described(table: Table, status: str = "", brief: bool = False) -> dict[str, Any]:
    """TableDescription. `status` where the answer tells of a change on its way; `brief` as DeleteTable shows it."""
    arn = table_arn(table)
    if not status:
        busy = any(index.status != "ACTIVE" for index in table.secondary_indexes) or (
            table.encryption is not None and table.encryption.pending
        )
        status = "UPDATING" if busy else "ACTIVE"
    found: dict[str, Any] = {
        "table_name": table.table_name,
        "table_status": status,
        "provisioned_throughput": _throughput(table.provisioned_throughput),
        "table_size_bytes": table.size_bytes,
        "item_count": table.item_count,
        "table_arn": arn,
        "table_id": table.table_id,
        "deletion_protection_enabled": table.deletion_protection,
    }
    if table.billing_mode == "PAY_PER_REQUEST" or table.billing_changed is not None:
        found["billing_mode_summary"] = {
            "billing_mode": table.billing_mode,
            "last_update_to_pay_per_request_date_time": table.billing_changed,
        }
    if table.table_class != "STANDARD":
        found["table_class_summary"] = {"table_class": table.table_class}
    return found if brief else found | _in_full(table, status)


def _in_full(table: Table, status: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "attribute_definitions": table.attribute_definitions,
        "key_schema": table.key_schema,
        "creation_date_time": table.created,
        "on_demand_throughput": table.on_demand_throughput,
        "local_secondary_indexes": _indexes(table, True, status) or None,
        "global_secondary_indexes": _indexes(table, False, status) or None,
    }
    if table.stream_view:
        found["stream_specification"] = {"stream_enabled": True, "stream_view_type": table.stream_view}
    if table.stream_label:
        found["latest_stream_label"] = table.stream_label
        found["latest_stream_arn"] = stream_arn(table)
    if table.encryption is not None and table.encryption.key_arn:
        found["sse_description"] = {
            "status": "UPDATING" if table.encryption.pending else "ENABLED",
            "sse_type": "KMS",
            "kms_master_key_arn": table.encryption.key_arn,
            "inaccessible_encryption_date_time": table.encryption.inaccessible_since,
        }
    return found


def _indexes(table: Table, local: bool, status: str) -> list[dict[str, Any]]:
    return [_index(table, index, status) for index in table.secondary_indexes if index.local is local]


def _index(table: Table, index: Index, status: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "index_name": index.index_name,
        "key_schema": index.key_schema,
        "projection": index.projection,
        "index_size_bytes": index.size_bytes,
        "item_count": index.item_count,
        "index_arn": f"{table_arn(table)}/index/{index.index_name}",
    }
    if not index.local:
        found["index_status"] = "CREATING" if status == "CREATING" else index.status
        found["provisioned_throughput"] = _throughput(index.provisioned_throughput)
        found["on_demand_throughput"] = index.on_demand_throughput
        if index.status == "CREATING":
            found["backfilling"] = True
    return found
