"""The run of a query over the events of its groups, in the controller's thread."""

from collections.abc import Iterator

import msgspec

from groundcloud.context import Context
from groundcloud.services.logs.insights import Row, parse_query
from groundcloud.services.logs.insights.fields import Time
from groundcloud.services.logs.names import plane
from groundcloud.services.logs.reading import all_events, pointer
from groundcloud.services.logs.records import LogGroup, Query


async def run_query(ctx: Context, query: Query) -> bytes:
    """The rows of the answer, as JSON; the query's counters are set. Raises the errors of encrypted groups."""
    program = parse_query(query.query_string)
    counted = [0, 0]

    def rows() -> Iterator[Row]:
        with plane(ctx).snapshot() as tx:
            for name in query.log_group_names:
                owner = (query.account, query.region, name)
                group = tx.get(LogGroup, *owner)
                if group is None:
                    continue
                for found in all_events(ctx, tx, group, query.start_time, query.end_time + 1):
                    counted[0] += 1
                    counted[1] += len(found.event.message)
                    yield Row(
                        {
                            "@timestamp": Time(found.timestamp),
                            "@message": found.event.message,
                            "@ingestionTime": Time(found.event.ingestion_time),
                            "@logStream": found.stream,
                            "@log": f"{query.account}:{name}",
                            "@ptr": pointer(owner, found),
                        },
                        found.event.message,
                    )

    found = rows()
    if len(query.log_group_names) > 1:  # each group is in order; a query sees all of them so
        found = iter(sorted(found, key=lambda row: int(row.values["@timestamp"])))
    results = program.run(found, query.limit, lambda row: str(row.values.get("@ptr", "")))
    query.records_scanned, query.bytes_scanned = counted
    query.records_matched = program.matched if program.matched is not None else counted[0]
    return msgspec.json.encode([[{"field": name, "value": value} for name, value in row] for row in results])
