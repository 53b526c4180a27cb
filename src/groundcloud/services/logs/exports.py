"""Export tasks: made, listed, cancelled. `export_run.py` does them."""

from typing import Any

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.services.logs import errors
from groundcloud.services.logs.names import find_group, milliseconds, named, on_group, plane
from groundcloud.services.logs.pages import page
from groundcloud.services.logs.records import ExportTask
from groundcloud.store import Transaction

_ACTIVE = ("PENDING", "RUNNING")


@operation(on=on_group)
async def create_export_task(
    ctx: Context,
    log_group_name: str,
    from_: int,
    to: int,
    destination: str,
    task_name: str | None = None,
    log_stream_name_prefix: str = "",
    destination_prefix: str = "exportedlogs",
) -> object:
    if to < from_:
        raise errors.invalid("Invalid time range: `to` must not be before `from`.")
    owner = named(ctx, log_group_name)
    with plane(ctx).snapshot() as tx:
        group = find_group(tx, owner)
    await _check_bucket(ctx, destination, destination_prefix, group.arn)
    digits = ctx.random(16).hex()
    task = ExportTask(
        account=ctx.account,
        region=ctx.region,
        task_id=f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}",
        log_group_name=log_group_name,
        from_=from_,
        to=to,
        destination=destination,
        destination_prefix=destination_prefix,
        creation_time=milliseconds(ctx),
        task_name=task_name,
        log_stream_name_prefix=log_stream_name_prefix,
    )

    def work(tx: Transaction) -> None:
        find_group(tx, owner)
        if any(each.code in _ACTIVE for each in tx.scan(ExportTask, ctx.account, ctx.region)):
            raise errors.LimitExceeded(reason="Resource limit exceeded.")
        tx.put(task)

    await plane(ctx).submit(work)
    return {"task_id": task.task_id}


async def _check_bucket(ctx: Context, bucket: str, prefix: str, arn: str) -> None:
    """The bucket's policy must let the service see the bucket's list of access and write, and it does write once.

    Raises `InvalidParameterException`, in AWS's words.
    """
    service = ctx.as_service(f"logs.{ctx.region}.amazonaws.com", arn)
    step = "GetBucketAcl"
    try:
        with service.snapshot() as inner:
            inner.call("s3", "get_bucket_acl", bucket=bucket)
        step = "PutObject"
        await service.wait(
            "s3", "put_object", bucket=bucket, key=f"{prefix}/aws-logs-write-test", body=b"Permission Check Successful"
        )
    except AwsError as error:
        if error.code == "NoSuchBucket":
            raise errors.invalid("The specified bucket does not exist.") from error
        raise errors.invalid(
            f"{step} call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to "
            "perform this operation."
        ) from error


@operation(on="*")
async def cancel_export_task(ctx: Context, task_id: str) -> None:
    def work(tx: Transaction) -> None:
        task = tx.get(ExportTask, ctx.account, ctx.region, task_id)
        if task is None:
            raise errors.ExportNotFound()
        if task.code not in _ACTIVE:
            raise errors.InvalidOperation(reason="The specified export task has already finished.")
        task.code, task.message, task.completion_time = "CANCELLED", "Cancelled by the user", milliseconds(ctx)
        tx.put(task)

    await plane(ctx).submit(work)


@operation(on="*", read=True, page_size=50)
def describe_export_tasks(ctx: Context, task_id: str = "", status_code: str = "") -> object:
    def wanted(task: ExportTask) -> bool:
        return (not task_id or task.task_id == task_id) and (not status_code or task.code == status_code)

    return {"export_tasks": page(ctx, ExportTask, ctx.account, ctx.region, where=wanted, each=_shown)}


def _shown(task: ExportTask) -> dict[str, Any]:
    return {
        "task_id": task.task_id,
        "task_name": task.task_name,
        "log_group_name": task.log_group_name,
        "from_": task.from_,
        "to": task.to,
        "destination": task.destination,
        "destination_prefix": task.destination_prefix,
        "status": {"code": task.code, "message": task.message},
        "execution_info": {"creation_time": task.creation_time, "completion_time": task.completion_time},
    }
