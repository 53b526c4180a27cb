"""Small objects that S3 itself writes, in the transaction that calls for them."""

import hashlib

from groundcloud.context import Context
from groundcloud.engines.objects import chunks
from groundcloud.services.s3 import events, versioning
from groundcloud.services.s3.bodies import INLINE, new_body_id
from groundcloud.services.s3.keys import new_key
from groundcloud.services.s3.records import Attributes, Blob, Bucket, Object
from groundcloud.services.s3.rules import checksums
from groundcloud.services.s3.rules.acl import Grant
from groundcloud.services.s3.writing import Draft, locked, new_object


def put_inline(
    ctx: Context, bucket: Bucket, key: str, data: bytes, content_type: str, grants: list[Grant] | None
) -> Object:
    """Write an object of few bytes under a key that is new, encrypted as the bucket says. Raises KMS's refusals."""
    if len(data) > INLINE:
        raise ValueError("an object of so many bytes is a file's")
    data_key, seal = new_key(ctx, bucket, key)
    kept = Attributes(content_type=content_type)
    made = new_object(ctx, Draft(bucket.name, key, kept, grants=grants, lock=locked(ctx, bucket, {})), seal)
    body = new_body_id(ctx)
    running = checksums.DEFAULT.start()
    running.update(data)
    made.body, made.size, made.e_tag = body, len(data), hashlib.md5(data).hexdigest()
    made.checksums = {checksums.DEFAULT.name: checksums.encoded(running)}
    made.checksum_type = checksums.FULL_OBJECT
    sealed = chunks.seal(data_key, body, data)
    ctx.put(Blob(body=body, size=len(data), sealed=sealed, digest=chunks.digest_of(sealed)))
    versioning.put(ctx, bucket, made)
    events.created(ctx, bucket, "Put", made)
    return made
