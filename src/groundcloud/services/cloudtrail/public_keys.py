"""ListPublicKeys: with what the digests of a span of time were signed."""

from datetime import datetime, timedelta

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import page_of
from groundcloud.services.cloudtrail import errors
from groundcloud.services.cloudtrail.records import DigestKey

_BACK = timedelta(days=1)


@operation(on="*", read=True)
def list_public_keys(ctx: Context, start_time: datetime | None = None, end_time: datetime | None = None) -> object:
    end = end_time or ctx.now()
    start = start_time or end - _BACK
    if start > end:
        raise errors.InvalidTimeRange()
    found = [key for key in ctx.tx.scan(DigestKey, ctx.region) if key.begins <= end and key.ends >= start]
    shown = [
        {
            "value": key.public,
            "validity_start_time": key.begins,
            "validity_end_time": key.ends,
            "fingerprint": key.fingerprint,
        }
        for key in found
    ]
    return {"public_key_list": page_of(shown, lambda one: str(one["fingerprint"]))}
