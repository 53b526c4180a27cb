"""Says which zones are logged, and writes what was asked to their log groups, once a second."""

import asyncio
import logging

from groundcloud.context import Context
from groundcloud.controllers import Act, Outcome
from groundcloud.engines.dns.query_log import Asked, QueryLog
from groundcloud.errors import AwsError
from groundcloud.services.route53.query_logging import REGION, SERVICE, stream_of
from groundcloud.services.route53.records import QueryLoggingConfig
from groundcloud.store import Key, Store

log = logging.getLogger(__name__)

_EVERY = 1.0
_AT_ONCE = 900
"""Lines in one call: with the longest names still below PutLogEvents' 1 MB and 10,000 events."""


class LoggedZones:
    """Implements `Controller` for query logging configurations."""

    name = "route53.query_logging"
    kind = QueryLoggingConfig

    def __init__(self, store: Store, queries: QueryLog) -> None:
        self._store = store
        self._queries = queries

    def reconcile(self, key: Key, wanted: QueryLoggingConfig | None) -> Outcome:
        with self._store.snapshot() as tx:
            self._queries.zones = {one.hosted_zone_id for one in tx.scan(QueryLoggingConfig)}
        return Outcome()


class QueryLogWriter:
    """Writes the logs, as the service `route53`."""

    def __init__(self, store: Store, queries: QueryLog, act: Act) -> None:
        self._store = store
        self._queries = queries
        self._act = act

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            await asyncio.to_thread(self.write)

    def write(self) -> None:
        """Everything that was asked since the last time. What cannot be written is lost; the server's log says so."""
        for zone, asked in self._queries.take().items():
            with self._store.snapshot() as tx:
                config = next(tx.scan(QueryLoggingConfig, zone, index="by_zone_alone"), None)
            if config is None:
                continue
            group = config.cloud_watch_logs_log_group_arn.removesuffix(":*").split(":", 6)[6]
            for start in range(0, len(asked), _AT_ONCE):
                try:
                    self._put(config, group, asked[start : start + _AT_ONCE])
                except AwsError as error:
                    log.error("queries of zone %s are not logged: %s", zone, error)

    def _put(self, config: QueryLoggingConfig, group: str, asked: list[Asked]) -> None:
        zone = config.hosted_zone_id
        events = [{"timestamp": one.milliseconds, "message": one.line} for one in asked]

        async def work(ctx: Context) -> None:
            where = {"log_group_name": group, "log_stream_name": stream_of(zone)}
            try:
                await ctx.wait("logs", "put_log_events", **where, log_events=events)
            except AwsError as error:
                if error.code != "ResourceNotFoundException":
                    raise
                await ctx.wait("logs", "create_log_stream", **where)
                await ctx.wait("logs", "put_log_events", **where, log_events=events)

        self._act(config.account, REGION, "route53", SERVICE, work, f"arn:aws:route53:::hostedzone/{zone}")
