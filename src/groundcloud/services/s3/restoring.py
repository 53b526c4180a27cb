"""RestoreObject: an archived object can be read again for some days. Its bytes are here, so that it can at once; AWS
takes minutes to hours. Sources: RestoreObject; S3 User Guide, "Restoring an archived object"."""

from datetime import timedelta
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors, versioning
from groundcloud.services.s3.archive import ARCHIVED, readable_until
from groundcloud.services.s3.reading import of_existing
from groundcloud.store import Part

_TIERS = {"GLACIER": ("Standard", "Bulk", "Expedited"), "DEEP_ARCHIVE": ("Standard", "Bulk")}


class GlacierJobParameters(Part):
    tier: str


class RestoreRequest(Part):
    days: int | None = None
    glacier_job_parameters: GlacierJobParameters | None = None
    tier: str = ""
    description: str = ""


def _restores(ctx: Context, bucket: str, key: str, version_id: str | None) -> Resource:
    return of_existing(ctx, bucket, key, version_id, "s3:RestoreObject")._replace(action="s3:RestoreObject")


@operation(on=_restores, data_event=True)
def restore_object(
    ctx: Context, bucket: str, key: str, version_id: str | None = None, restore_request: RestoreRequest | None = None
) -> dict[str, Any]:
    content = versioning.find_shown(ctx, bucket, key, version_id)
    storage_class = content.attributes.storage_class
    if storage_class not in ARCHIVED:
        raise errors.RestoreNotAllowed(storage_class=storage_class)
    if restore_request is None or restore_request.days is None or restore_request.days < 1:
        raise errors.MalformedXML()
    job = restore_request.glacier_job_parameters
    tier = job.tier if job is not None else "Standard"
    if tier not in _TIERS[storage_class]:
        raise errors.InvalidArgument(
            reason="The retrieval tier is not available for the object's storage class",
            argument_name="Tier",
            argument_value=tier,
        )
    again = readable_until(content, ctx.now()) is not None
    last = ctx.now() + timedelta(days=restore_request.days)
    content.restored_until = last.replace(hour=0, minute=0, second=0) + timedelta(days=1)  # the next midnight, UTC
    ctx.put(content)
    return {} if again else {"begun": True}
