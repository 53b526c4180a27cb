"""Traffic policies and their versions. Applying them is in `traffic_instances.py`."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.route53 import errors
from groundcloud.services.route53.shared import first_page, limit, new_uuid
from groundcloud.services.route53.traffic_documents import Document, parse
from groundcloud.services.route53.traffic_records import TrafficPolicy, TrafficPolicyInstance, TrafficPolicyName

_LISTED = 100
_MOST_VERSIONS = 1000
_URL = "https://route53.amazonaws.com/2013-04-01"


def _parsed(document: str) -> Document:
    if len(document) > 102_400:
        raise errors.InvalidTrafficPolicyDocument(reason="the document is longer than 102400 characters")
    return parse(document)


@operation(on="*")
def create_traffic_policy(ctx: Context, name: str, document: str, comment: str | None = None) -> object:
    parsed = _parsed(document)
    if next(ctx.scan(TrafficPolicyName, name, index="by_name"), None) is not None:
        raise errors.TrafficPolicyAlreadyExists()
    made = TrafficPolicy(ctx.account, new_uuid(ctx), 1, name, parsed.record_type, document, comment)
    ctx.put(TrafficPolicyName(ctx.account, made.id, name, made.type, latest=1, count=1, last_number=1))
    return {"traffic_policy": ctx.put(made).shown, "location": f"{_URL}/trafficpolicy/{made.id}"}


@operation(on="trafficpolicy/{id}")
def create_traffic_policy_version(ctx: Context, id: str, document: str, comment: str | None = None) -> object:
    """A version of another type than the first one is made, as on AWS: instances refuse it."""
    parsed = _parsed(document)
    named = ctx.find(TrafficPolicyName, id)
    if named.count >= _MOST_VERSIONS:
        raise errors.TooManyTrafficPolicyVersionsForCurrentPolicy()
    named.last_number += 1
    named.latest, named.count, named.type = named.last_number, named.count + 1, parsed.record_type
    made = TrafficPolicy(ctx.account, id, named.latest, named.name, parsed.record_type, document, comment)
    ctx.put(named)
    return {"traffic_policy": ctx.put(made).shown, "location": f"{_URL}/trafficpolicy/{id}"}


@operation(on="trafficpolicy/{id}", read=True)
def get_traffic_policy(ctx: Context, id: str, version: int) -> object:
    return {"traffic_policy": ctx.find(TrafficPolicy, id, version).shown}


@operation(on="trafficpolicy/{id}")
def update_traffic_policy_comment(ctx: Context, id: str, version: int, comment: str) -> object:
    found = ctx.find(TrafficPolicy, id, version)
    found.comment = comment
    return {"traffic_policy": ctx.put(found).shown}


@operation(on="trafficpolicy/{id}")
def delete_traffic_policy(ctx: Context, id: str, version: int) -> None:
    found = ctx.find(TrafficPolicy, id, version)
    if ctx.exists(TrafficPolicyInstance, id, version, index="by_policy"):
        raise errors.TrafficPolicyInUse()
    ctx.delete(found)
    named = ctx.find(TrafficPolicyName, id)
    left = list(ctx.scan(TrafficPolicy, id))
    if not left:
        ctx.delete(named)
        return
    named.count, named.latest, named.type = len(left), left[-1].number, left[-1].type
    ctx.put(named)


@operation(on="*", read=True)
def list_traffic_policies(
    ctx: Context, traffic_policy_id_marker: str | None = None, max_items: str | None = None
) -> object:
    count = limit(max_items, _LISTED)
    all_ = (each for each in ctx.scan(TrafficPolicyName) if each.id >= (traffic_policy_id_marker or ""))
    page, further = first_page(all_, count)
    return {
        "traffic_policy_summaries": [
            {"id": each.id, "name": each.name, "type": each.type, "latest_version": each.latest,
             "traffic_policy_count": each.count} for each in page
        ],
        "is_truncated": further is not None,
        "traffic_policy_id_marker": further.id if further is not None else "",
        "max_items": str(count),
    }  # fmt: skip


@operation(on="trafficpolicy/{id}", read=True)
def list_traffic_policy_versions(
    ctx: Context, id: str, traffic_policy_version_marker: str | None = None, max_items: str | None = None
) -> object:
    """From the newest to the oldest."""
    ctx.find(TrafficPolicyName, id)
    count = limit(max_items, _LISTED)
    marker = traffic_policy_version_marker or ""
    if marker and not (marker.isascii() and marker.isdigit()):
        raise errors.InvalidInput(reason=f"Invalid TrafficPolicyVersionMarker value: {marker}")
    found = sorted(ctx.scan(TrafficPolicy, id), key=lambda each: -each.number)
    page, further = first_page((each for each in found if not marker or each.number <= int(marker)), count)
    return {
        "traffic_policies": [each.shown for each in page],
        "is_truncated": further is not None,
        "traffic_policy_version_marker": str(further.number) if further is not None else "",
        "max_items": str(count),
    }
