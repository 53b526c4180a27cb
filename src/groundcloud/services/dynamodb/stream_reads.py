"""Reading streams: ListStreams, DescribeStream, GetShardIterator, GetRecords."""

import base64
import binascii
from datetime import timedelta
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.sealing import NotOurs
from groundcloud.services.dynamodb.encryption import cipher_of
from groundcloud.services.dynamodb.errors import invalid
from groundcloud.services.dynamodb.records import Stream
from groundcloud.services.dynamodb.schema import plane
from groundcloud.services.dynamodb.streams import last_number, opened, prefix_of, sequence_text, shown
from groundcloud.store import Transaction

_PURPOSE = "dynamodb stream iterator"
_ITERATOR_LASTS = timedelta(minutes=15)
_MOST, _LARGEST = 1000, 1024 * 1024


class StreamNotFound(AwsError, code="ResourceNotFoundException"):
    """Requested resource not found: Stream: {arn} not found"""


class ShardNotFound(AwsError, code="ResourceNotFoundException"):
    """Requested resource not found: Shard does not exist"""


class ExpiredIterator(AwsError, code="ExpiredIteratorException"):
    """The shard iterator has expired. Shard iterators are valid for 15 minutes."""


class TrimmedDataAccess(AwsError, code="TrimmedDataAccessException"):
    """The operation attempted to read past the oldest stream record in a shard."""


class Position(msgspec.Struct):
    """What an iterator means: the next record is the first whose number is at least `number`."""

    arn: str
    number: int
    made: float


def _find(tx: Transaction, arn: str) -> Stream:
    parts = arn.split(":", 5)
    path = parts[5].split("/", 3) if len(parts) == 6 else []
    if len(path) != 4 or path[0] != "table" or path[2] != "stream":
        raise invalid(f"Invalid StreamArn: {arn}")
    found = tx.get(Stream, parts[4], parts[3], path[1], path[3])
    if found is None:
        raise StreamNotFound(arn=arn)
    return found


def _on_stream(ctx: Context, stream_arn: str) -> Resource:
    return _resource(ctx, stream_arn)


def _resource(ctx: Context, arn: str) -> Resource:
    account = arn.split(":", 5)[4] if arn.count(":") >= 5 else ""
    return Resource(arn, "" if account == ctx.account else account)


def _shard_id(stream: Stream) -> str:
    return f"shardId-{int(stream.created.timestamp() * 1000):020}-{stream.table_id[:8]}"


def _status(stream: Stream) -> str:
    return "ENABLED" if stream.ended is None else "DISABLED"


@operation(on="*", read=True)
def list_streams(ctx: Context, table_name: str = "", limit: int = 100, exclusive_start_stream_arn: str = "") -> object:
    with plane(ctx).snapshot() as tx:
        prefix = (table_name,) if table_name else ()
        found = list(tx.scan(Stream, ctx.account, ctx.region, *prefix))
    arns = [stream.arn for stream in found]
    start = arns.index(exclusive_start_stream_arn) + 1 if exclusive_start_stream_arn in arns else 0
    page = found[start : start + limit]
    answer: dict[str, Any] = {
        "streams": [{"stream_arn": one.arn, "table_name": one.table_name, "stream_label": one.label} for one in page]
    }
    if start + limit < len(found):
        answer["last_evaluated_stream_arn"] = page[-1].arn
    return answer


@operation(on=_on_stream, read=True, harmless=("Limit", "ShardFilter"))
def describe_stream(ctx: Context, stream_arn: str, exclusive_start_shard_id: str = "") -> object:
    with plane(ctx).snapshot() as tx:
        stream = _find(tx, stream_arn)
    numbers = {"starting_sequence_number": sequence_text(stream.first)}
    if stream.ended is not None:
        numbers["ending_sequence_number"] = sequence_text(max(stream.last, stream.first))
    shard = {"shard_id": _shard_id(stream), "sequence_number_range": numbers}
    return {
        "stream_description": {
            "stream_arn": stream.arn,
            "stream_label": stream.label,
            "stream_status": _status(stream),
            "stream_view_type": stream.view,
            "creation_request_date_time": stream.created,
            "table_name": stream.table_name,
            "key_schema": stream.key_schema,
            "shards": [] if exclusive_start_shard_id == shard["shard_id"] else [shard],
        }
    }


@operation(on=_on_stream, read=True)
def get_shard_iterator(
    ctx: Context, stream_arn: str, shard_id: str, shard_iterator_type: str, sequence_number: str = ""
) -> dict[str, str]:
    with plane(ctx).snapshot() as tx:
        stream = _find(tx, stream_arn)
        if shard_id != _shard_id(stream):
            raise ShardNotFound()
        newest = stream.last if stream.ended is not None else last_number(tx, stream.table_id)
    if shard_iterator_type == "LATEST":
        number = newest + 1
    elif shard_iterator_type == "TRIM_HORIZON":
        number = 0
    else:
        number = _number(sequence_number) + (shard_iterator_type == "AFTER_SEQUENCE_NUMBER")
        if number < stream.first:
            raise TrimmedDataAccess()
    return {"shard_iterator": _iterator(ctx, stream.arn, number)}


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 40):
        raise invalid(f"Invalid SequenceNumber: {text}")
    return max(0, int(text) - 10**20)


def _iterator(ctx: Context, arn: str, number: int) -> str:
    position = msgspec.json.encode(Position(arn, number, ctx.world.clock().timestamp()))
    return base64.urlsafe_b64encode(ctx.seal(position, _PURPOSE)).decode()


def _position(ctx: Context, text: str) -> Position:
    """Raises `ValidationException` for what is no iterator of ours."""
    try:
        return msgspec.json.decode(ctx.open(base64.urlsafe_b64decode(text), _PURPOSE), type=Position)
    except (NotOurs, binascii.Error, ValueError):
        raise invalid("Invalid ShardIterator") from None


def _of_iterator(ctx: Context, shard_iterator: str) -> Resource:
    return _resource(ctx, _position(ctx, shard_iterator).arn)


@operation(on=_of_iterator, read=True, data_event=True)
def get_records(ctx: Context, shard_iterator: str, limit: int = _MOST) -> object:
    position = _position(ctx, shard_iterator)
    if ctx.world.clock().timestamp() - position.made > _ITERATOR_LASTS.total_seconds():
        raise ExpiredIterator()
    with plane(ctx).snapshot() as tx:
        stream = _find(tx, position.arn)
        prefix = prefix_of(stream.table_id, stream.number)
        high = prefix + b"\xff" * 9
        pairs = tx.table.range(prefix + position.number.to_bytes(8, "big"), high, min(limit, _MOST), False)
    cipher = None if stream.encryption is None else cipher_of(ctx, stream.encryption)
    found: list[dict[str, Any]] = []
    size, number = 0, position.number
    for place, data in pairs:
        entry = opened(data, cipher)
        if found and size + entry.size > _LARGEST:
            break
        size += entry.size
        number = int.from_bytes(place[len(prefix) :], "big") + 1
        found.append(shown(entry, number - 1, stream))
    answer: dict[str, Any] = {"records": found}
    if stream.ended is None or number <= stream.last:
        answer["next_shard_iterator"] = _iterator(ctx, stream.arn, number)
    return answer
