"""What is to be replicated: noted in the transaction of the write itself, so that no crash forgets it."""

import msgspec

from groundcloud.context import Context
from groundcloud.services.s3.records import Bucket, Content, Replication, Setting
from groundcloud.services.s3.rules import replication
from groundcloud.services.s3.rules.replication import Candidate, ReplicationConfiguration

_KMS = ("aws:kms", "aws:kms:dsse")


def note(ctx: Context, bucket: Bucket, content: Content, *, change: bool = False, by_lifecycle: bool = False) -> None:
    """Note a version that is about to be stored, and its status in it. `change`: its tags, its list of access or its
    lock are changed; such a change follows where the version itself went."""
    if not bucket.replicated:
        return
    setting = ctx.tx.get(Setting, bucket.name, "replication", "")
    if setting is None:
        return
    given = msgspec.convert(setting.document, ReplicationConfiguration)
    is_replica = content.replication == replication.REPLICA
    candidate = Candidate(
        key=content.name,
        tags={tag.key: tag.value for tag in content.tags},
        is_delete_marker=content.delete_marker,
        is_replica=is_replica,
        metadata_change=change,
        is_old=change and not content.replication,
        by_lifecycle=by_lifecycle,
        kms_encrypted=content.seal is not None and content.seal.kind in _KMS,
    )
    rules = replication.rules_for(given.rules, candidate)
    if not rules:
        return
    if not is_replica:
        content.replication = replication.PENDING
    ctx.put(
        Replication(
            bucket=bucket.name,
            name=content.name,
            sequence=content.sequence,
            version_id=content.version_id,
            role=given.role,
            rules=rules,
            noted=ctx.random(8).hex(),
        )
    )
