"""Log files: which there are, and portions of them, read on the machine that serves.

Source: DescribeDBLogFiles and DownloadDBLogFilePortion in the API reference.
"""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import page_of
from groundcloud.services.rds import errors
from groundcloud.services.rds.log_questions import ask
from groundcloud.services.rds.lookup import instance_named, on
from groundcloud.services.rds.records import DBInstance

_LINES = 10_000


def _ready(ctx: Context, name: str) -> DBInstance:
    """Raises `DBInstanceNotFound`, `DBInstanceNotReady`."""
    with ctx.snapshot() as view:
        instance = instance_named(view, name)
    if instance.db_instance_status in ("creating", "stopped", "stopping", "deleting"):
        raise errors.DBInstanceNotReady(db_instance_identifier=instance.db_instance_identifier)
    return instance


@operation(on=on("db", "db_instance_identifier"), harmless=["Filters"])
async def describe_db_log_files(
    ctx: Context,
    db_instance_identifier: str,
    filename_contains: str = "",
    file_last_written: int = 0,
    file_size: int = 0,
) -> object:
    found = await ask(ctx, _ready(ctx, db_instance_identifier))
    shown = [
        {"log_file_name": each["name"], "last_written": each["written"], "size": each["size"]}
        for each in found["files"]
        if filename_contains in each["name"] and each["written"] >= file_last_written and each["size"] >= file_size
    ]
    return {"describe_db_log_files": page_of(shown, lambda each: str(each["log_file_name"]))}


@operation(on=on("db", "db_instance_identifier"))
async def download_db_log_file_portion(
    ctx: Context, db_instance_identifier: str, log_file_name: str, marker: str = "", number_of_lines: int = 0
) -> object:
    if number_of_lines < 0 or number_of_lines > _LINES:
        raise errors.InvalidParameterValue(reason=f"Invalid value {number_of_lines} for NumberOfLines.")
    place = _place(marker)
    found = await ask(ctx, _ready(ctx, db_instance_identifier), log_file_name, place, number_of_lines or _LINES)
    if found.get("missing"):
        raise errors.DBLogFileNotFound(name=log_file_name)
    answer: dict[str, Any] = {
        "log_file_data": found["text"],
        "marker": str(found["place"]),
        "additional_data_pending": found["more"],
    }
    return answer


def _place(marker: str) -> int:
    """The byte that a marker names; without one the last lines are meant. Raises `InvalidMarker`."""
    if not marker:
        return -1
    if not marker.isdecimal():
        raise errors.InvalidMarker()
    return int(marker)
