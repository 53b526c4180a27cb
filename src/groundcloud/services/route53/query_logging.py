"""Query logging of public zones to log groups in us-east-1. `query_log_controller.py` writes the logs."""

from groundcloud.context import Context
from groundcloud.engines.dns.query_log import PLACE
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.services.route53 import errors
from groundcloud.services.route53.records import HostedZone, QueryLoggingConfig

REGION = "us-east-1"
SERVICE = "route53.amazonaws.com"


@operation(on="hostedzone/{hosted_zone_id}")
async def create_query_logging_config(ctx: Context, hosted_zone_id: str, cloud_watch_logs_log_group_arn: str) -> object:
    arn = cloud_watch_logs_log_group_arn
    with ctx.snapshot() as inner:
        zone = inner.find(HostedZone, hosted_zone_id)
    if zone.config.private_zone:
        raise errors.InvalidInput(reason="Query logging is not supported for private hosted zones.")
    parts = arn.removesuffix(":*").split(":", 6)
    if len(parts) != 7 or parts[2] != "logs" or parts[5] != "log-group":
        raise errors.InvalidInput(reason=f"Invalid CloudWatch Logs log group ARN: {arn}")
    if (parts[3], parts[4]) != (REGION, ctx.account):
        raise errors.NoSuchCloudWatchLogsLogGroup()
    await _check(ctx, parts[6], hosted_zone_id)
    made = QueryLoggingConfig(ctx.account, ctx.new_uuid(), hosted_zone_id, arn)

    def work(inner: Context) -> None:
        inner.find(HostedZone, hosted_zone_id)
        if inner.exists(QueryLoggingConfig, hosted_zone_id, index="by_zone"):
            raise errors.QueryLoggingConfigAlreadyExists()
        inner.put(made)

    await ctx.submit(work)
    return {"query_logging_config": made, "location": f"/2013-04-01/queryloggingconfig/{made.id}"}


def stream_of(zone_id: str) -> str:
    """The log stream of a zone: the zone's id and where the server is."""
    return f"{zone_id}/{PLACE}"


async def _check(ctx: Context, group: str, zone_id: str) -> None:
    """A resource policy of the logs must let Route 53 make streams and write to them; the stream is made."""
    service = ctx.as_service(SERVICE, f"arn:aws:route53:::hostedzone/{zone_id}").in_region(REGION)
    where = {"log_group_name": group, "log_stream_name": stream_of(zone_id)}
    try:
        with service.snapshot() as inner:
            inner.check("logs", "put_log_events", **where, log_events=[])
        await service.wait("logs", "create_log_stream", **where)
    except AwsError as error:
        if error.code == "ResourceNotFoundException":
            raise errors.NoSuchCloudWatchLogsLogGroup() from error
        if error.code != "ResourceAlreadyExistsException":
            raise errors.InsufficientCloudWatchLogsResourcePolicy() from error


@operation(on="queryloggingconfig/{id}", read=True)
def get_query_logging_config(ctx: Context, id: str) -> object:
    return {"query_logging_config": ctx.find(QueryLoggingConfig, id)}


@operation(on="queryloggingconfig/{id}")
def delete_query_logging_config(ctx: Context, id: str) -> None:
    ctx.delete(ctx.find(QueryLoggingConfig, id))


@operation(on="*", read=True)
def list_query_logging_configs(
    ctx: Context, hosted_zone_id: str | None = None, next_token: str | None = None, max_results: str | None = None
) -> object:
    if hosted_zone_id is not None:
        ctx.find(HostedZone, hosted_zone_id)
    if max_results is not None and not max_results.isdecimal():
        raise errors.InvalidInput(reason="MaxResults must be a number.")
    most = min(int(max_results or 100), 100) or 100
    after = next_token or ""
    found = [
        one for one in ctx.scan(QueryLoggingConfig) if one.id > after and hosted_zone_id in (None, one.hosted_zone_id)
    ]
    answer: dict[str, object] = {"query_logging_configs": found[:most]}
    if len(found) > most:
        answer["next_token"] = found[most - 1].id
    return answer
