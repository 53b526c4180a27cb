"""UpdateObjectEncryption: an object comes under another key of KMS. Its bytes stay as they are; their data key is
sealed anew. Source: UpdateObjectEncryption in the API reference."""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors, versioning
from groundcloud.services.s3.keys import open_key, sealed_by_kms
from groundcloud.services.s3.reading import of_existing
from groundcloud.store import Part


class SSEKMSEncryption(Part):
    kms_key_arn: str
    bucket_key_enabled: bool = False


class ObjectEncryption(Part):
    ssekms: SSEKMSEncryption | None = None


def _updates(ctx: Context, bucket: str, key: str, version_id: str | None) -> Resource:
    return of_existing(ctx, bucket, key, version_id, "s3:PutObject")._replace(action="s3:UpdateObjectEncryption")


@operation(on=_updates, data_event=True)
def update_object_encryption(
    ctx: Context, bucket: str, key: str, object_encryption: ObjectEncryption, version_id: str | None = None
) -> dict[str, Any]:
    content = versioning.find_shown(ctx, bucket, key, version_id)
    wanted = object_encryption.ssekms
    if wanted is None:
        raise errors.MalformedXML()
    if not wanted.kms_key_arn.startswith("arn:"):
        raise errors.InvalidRequest(reason="The KMS key must be named by its full ARN.")
    if content.seal is None or content.seal.kind not in ("AES256", "aws:kms"):
        raise errors.InvalidRequest(reason="The object's encryption type cannot be updated.")
    data_key = open_key(ctx, content.seal, None)
    arn = f"arn:aws:s3:::{bucket}" if wanted.bucket_key_enabled else f"arn:aws:s3:::{bucket}/{key}"
    content.seal = sealed_by_kms(ctx, data_key, wanted.kms_key_arn, arn, wanted.bucket_key_enabled)
    ctx.put(content)
    return {}
