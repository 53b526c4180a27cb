"""When a key was last used."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.kms.access import key
from groundcloud.services.kms.lookup import own
from groundcloud.services.kms.records import LastUse


@operation(on=key, read=True)
def get_key_last_usage(ctx: Context, key_id: str) -> object:
    """The answer is some seconds late. The event of the use is found in CloudTrail by the request id."""
    found = own(ctx, key_id)
    last = ctx.tx.get(LastUse, found.account, found.region, found.key_id)
    return {
        "key_id": found.key_id,
        "key_last_usage": last or {},
        "tracking_start_date": found.creation_date,
        "key_creation_date": found.creation_date,
    }
