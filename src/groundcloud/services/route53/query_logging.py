"""Query logging: refused as long as there is no service that keeps logs."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.route53 import errors
from groundcloud.services.route53.records import HostedZone


@operation(on="hostedzone/{hosted_zone_id}", read=True)
def create_query_logging_config(ctx: Context, hosted_zone_id: str, cloud_watch_logs_log_group_arn: str) -> None:
    ctx.find(HostedZone, hosted_zone_id)
    raise errors.NoLogs()


@operation(on="queryloggingconfig/{id}", read=True)
def get_query_logging_config(ctx: Context, id: str) -> None:
    raise errors.NoSuchQueryLoggingConfig(id=id)


@operation(on="queryloggingconfig/{id}", read=True)
def delete_query_logging_config(ctx: Context, id: str) -> None:
    raise errors.NoSuchQueryLoggingConfig(id=id)


@operation(on="*", read=True)
def list_query_logging_configs(
    ctx: Context, hosted_zone_id: str | None = None, next_token: str | None = None, max_results: str | None = None
) -> object:
    """None, as none can be made."""
    if hosted_zone_id is not None:
        ctx.find(HostedZone, hosted_zone_id)
    return {"query_logging_configs": []}
