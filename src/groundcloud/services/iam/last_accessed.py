"""Which services an entity or a policy may use, and when each was used last.

Who records calls says so (`service_uses.py`). A job is done as soon as it is asked for, and its answer is worked out
when it is fetched.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import page_of
from groundcloud.resource import Resource
from groundcloud.services.iam import errors as entity_errors
from groundcloud.services.iam import provider_errors as errors
from groundcloud.services.iam.common import cut, managed_policy
from groundcloud.services.iam.entities import KINDS, Entity, name_of
from groundcloud.services.iam.entity_policies import entity_under, policies_of
from groundcloud.services.iam.policy_usage import grants
from groundcloud.services.iam.provider_records import AccessReportJob, ServiceUse
from groundcloud.services.iam.records import Group, Role, User
from groundcloud.services.iam.service_names import SERVICE_NAMES

KEPT = timedelta(days=400)
"""IAM guide, "Refine permissions using last accessed information": the tracking period."""

_HEX = "0123456789abcdef"


def _of_arn(ctx: Context, arn: str) -> Resource:
    return Resource(arn)


@operation(on=_of_arn)
def generate_service_last_accessed_details(ctx: Context, arn: str, granularity: str = "SERVICE_LEVEL") -> object:
    _documents(ctx, arn)
    lengths = (8, 4, 4, 4, 12)
    job = AccessReportJob(
        account=ctx.account,
        job_id="-".join(ctx.random_text(_HEX, length) for length in lengths),
        arn=arn,
        granularity=granularity,
        created=ctx.now(),
    )
    return {"job_id": ctx.put(job).job_id}


def _documents(ctx: Context, arn: str) -> list[str]:
    """The policies that say what an entity may do, or the policy itself. Raises `NoSuchEntity`."""
    if ":policy/" in arn:
        policy = managed_policy(ctx, arn)
        if policy is None:
            raise entity_errors.NoSuchEntity(arn=arn)
        return [policy.document]
    return [each.document for each in policies_of(ctx, entity_under(ctx, arn)) if each.where == "identity"]


def _entities(ctx: Context, arn: str) -> Iterator[Entity]:
    """The users and roles behind an ARN: of a group its members, of a policy whom it is attached to."""
    if ":policy/" not in arn:
        found = entity_under(ctx, arn)
        yield from ctx.scan(User, found.group_name, index="by_group") if isinstance(found, Group) else [found]
        return
    yield from ctx.scan(User, arn, index="by_policy")
    yield from ctx.scan(Role, arn, index="by_policy")
    for group in ctx.scan(Group, arn, index="by_policy"):
        yield from ctx.scan(User, group.group_name, index="by_group")


def _job(ctx: Context, job_id: str) -> AccessReportJob:
    found = ctx.get(AccessReportJob, job_id)
    if found is None:
        raise errors.NoSuchJob(job_id=job_id)
    return found


def _status(job: AccessReportJob) -> dict[str, Any]:
    return {"job_status": "COMPLETED", "job_creation_date": job.created, "job_completion_date": job.created}


@operation(on="*", read=True)
def get_service_last_accessed_details(ctx: Context, job_id: str, max_items: int = 0, marker: str = "") -> object:
    job = _job(ctx, job_id)
    documents = _documents(ctx, job.arn)
    entities = {entity.arn for entity in _entities(ctx, job.arn)}
    services = [
        _service(ctx, job, namespace, entities)
        for namespace in SERVICE_NAMES
        if any(grants(document, namespace) for document in documents)
    ]
    page = page_of(services, key=lambda each: str(each["service_namespace"]))
    found, members = cut(ctx, page, marker, max_items, f"GetServiceLastAccessedDetails/{job_id}")
    return {**_status(job), "job_type": job.granularity, "services_last_accessed": found, **members}


def _uses(ctx: Context, namespace: str, entities: set[str]) -> list[ServiceUse]:
    since = ctx.now() - KEPT
    found = ctx.scan(ServiceUse, namespace, index="by_service")
    return [use for use in found if use.entity_arn in entities and use.time >= since]


def _service(ctx: Context, job: AccessReportJob, namespace: str, entities: set[str]) -> dict[str, Any]:
    uses = _uses(ctx, namespace, entities)
    shown: dict[str, Any] = {
        "service_name": SERVICE_NAMES[namespace],
        "service_namespace": namespace,
        "total_authenticated_entities": len(uses),
    }
    if uses:
        last = max(uses, key=lambda use: use.time)
        shown |= {
            "last_authenticated": last.time,
            "last_authenticated_entity": last.entity_arn,
            "last_authenticated_region": last.region,
        }
    if job.granularity == "ACTION_LEVEL":
        shown["tracked_actions_last_accessed"] = _actions(uses)
    return shown


def _actions(uses: list[ServiceUse]) -> list[dict[str, Any]]:
    newest: dict[str, tuple[datetime, str, str]] = {}
    for use in uses:
        for name, (time, region) in use.actions.items():
            newest[name] = max(newest.get(name, (time, "", "")), (time, use.entity_arn, region))
    return [
        {
            "action_name": name,
            "last_accessed_entity": entity,
            "last_accessed_time": time,
            "last_accessed_region": region,
        }
        for name, (time, entity, region) in sorted(newest.items())
    ]


@operation(on="*", read=True)
def get_service_last_accessed_details_with_entities(
    ctx: Context, job_id: str, service_namespace: str, max_items: int = 0, marker: str = ""
) -> object:
    """Users and roles; those that never used the service come without a time."""
    job = _job(ctx, job_id)
    entities = {entity.arn: entity for entity in _entities(ctx, job.arn)}
    times = {use.entity_arn: use.time for use in _uses(ctx, service_namespace, set(entities))}
    shown = [_entity(entity, times.get(arn)) for arn, entity in entities.items()]
    page = page_of(shown, key=lambda each: str(each["entity_info"]["arn"]))
    found, members = cut(ctx, page, marker, max_items, f"GetServiceLastAccessedDetailsWithEntities/{job_id}")
    return {**_status(job), "entity_details_list": found, **members}


def _entity(entity: Entity, time: datetime | None) -> dict[str, Any]:
    word = KINDS[type(entity)].word
    info = {
        "arn": entity.arn,
        "name": name_of(entity),
        "type": word.upper(),
        "id": getattr(entity, f"{word}_id"),
        "path": entity.path,
    }
    return {"entity_info": info, "last_authenticated": time}
