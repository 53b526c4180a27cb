"""Carries out replication: one version at a time, to each destination that its rules name, as the role that they name.

A replica has its source's version id, so that doing it again finds it there. What the role may not do makes the version
FAILED, as at AWS; what goes wrong otherwise is tried again. Objects under a customer's key are not replicated. Sources:
S3 User Guide, "What does Amazon S3 replicate?", "Setting up permissions for live replication", "Replicating encrypted
objects".
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import msgspec

from groundcloud.context import Context
from groundcloud.controllers import Outcome
from groundcloud.errors import AwsError
from groundcloud.identity import Principal
from groundcloud.services.s3 import errors, versioning
from groundcloud.services.s3.access import ARN, bucket_resource, in_bucket
from groundcloud.services.s3.bodies import forget, new_body_id, receive, sources
from groundcloud.services.s3.copying import Read, SourceBytes
from groundcloud.services.s3.keys import KMS, EncryptionWish, new_key, open_key
from groundcloud.services.s3.records import Blob, Bucket, Content, Layout, Object, Replication, Seal, Segment, Version
from groundcloud.services.s3.rules.acl import BUCKET_OWNER_ENFORCED
from groundcloud.services.s3.rules.replication import COMPLETED, FAILED, REPLICA, ReplicationRule, combined
from groundcloud.store import Key, Store, Transaction

SERVICE = "s3.amazonaws.com"
_SESSION = "s3-replication"


class Within(Protocol):
    """A context in a transaction, as an account's root user or as who is given."""

    def __call__(self, tx: Transaction | None, account: str, principal: Principal | None = None) -> Context: ...


class WaitFor(Protocol):
    """Runs a coroutine where the engines' are at home, and waits for it."""

    def __call__(self, work: Coroutine[Any, Any, Any]) -> Any: ...


class Gone(Exception):
    """The version is not there any more: there is nothing to replicate."""


class _Source(NamedTuple):
    """What is to be replicated, and what the role may take of it."""

    bucket: Bucket
    content: Content
    tags: bool


class _Copy(NamedTuple):
    """The bytes of a replica, written already: their records follow with the replica's own."""

    blobs: list[Blob]
    layout: Layout | None
    body: str
    seal: Seal | None


class Replicator:
    """Implements `Controller`."""

    name = "s3.replication"
    kind = Replication

    def __init__(self, store: Store, within: Within, wait_for: WaitFor, now: Callable[[], datetime]) -> None:
        self._store = store
        self._within = within
        self._wait_for = wait_for
        self._now = now

    def reconcile(self, key: Key, wanted: Replication | None) -> Outcome:
        if wanted is None:
            return Outcome()
        statuses = []
        try:
            for rule in wanted.rules:
                statuses.append(self._replicate(wanted, rule))
        except Gone:
            statuses = []
        return Outcome(lambda tx: _settle(tx, wanted, combined(statuses)))

    def _replicate(self, wanted: Replication, rule: ReplicationRule) -> str:
        try:
            with self._store.snapshot() as tx:
                role = self._role(tx, wanted)
                ctx = self._within(tx, role.account, role)
                source = _source(ctx, wanted)
                target = _target(ctx, rule)
                _check(ctx, source, target, rule)
                known = _known(ctx, target, source.content)
            made = None
            if known is None and not source.content.delete_marker:
                made = self._copied(role, source, target, rule)
            return self._put(wanted, role, rule, made)
        except AwsError as error:
            if error.status >= 500:
                raise
            return FAILED

    # -- who does it

    def _role(self, tx: Transaction, wanted: Replication) -> Principal:
        """A session of the role, which lets S3 take it. Raises `AccessDenied`."""
        ctx = self._within(tx, wanted.role.split(":")[4])
        return ctx.as_role(wanted.role, SERVICE, _SESSION, ARN + wanted.bucket).principal

    # -- the bytes

    def _copied(self, role: Principal, source: _Source, target: Bucket, rule: ReplicationRule) -> _Copy:
        content, seal = source.content, source.content.seal
        if seal is None or seal.kind == "customer":
            raise errors.InvalidRequest(reason="Objects under a customer's key are not replicated.")

        def new(tx: Transaction) -> tuple[bytes, Seal]:
            ctx = self._within(tx, role.account, role).in_region(target.region)
            if seal.kind not in KMS:
                return new_key(ctx, target, content.name)
            encryption = rule.destination.encryption_configuration
            named = encryption.replica_kms_key_id if encryption is not None else None
            return new_key(ctx, target, content.name, EncryptionWish(seal.kind, named))

        with self._store.snapshot() as tx:
            key = open_key(self._within(tx, role.account, role).in_region(source.bucket.region), seal, None)
            layout = tx.get(Layout, content.body) if content.parts else None
        fresh, fresh_seal = self._store.write(new)  # KMS may have to make its key for S3 first
        segments = layout.segments if layout is not None else [Segment(1, 0, content.size, content.body)]
        ctx = self._within(None, role.account, role)
        blobs: list[Blob] = self._wait_for(_transfer(ctx, source, segments, key, fresh))
        if layout is None:
            return _Copy(blobs, None, blobs[0].body, fresh_seal)
        body = new_body_id(ctx)
        moved = [
            msgspec.structs.replace(segment, body=blob.body) for segment, blob in zip(segments, blobs, strict=True)
        ]
        return _Copy(blobs, Layout(body=body, segments=moved), body, fresh_seal)

    # -- the record

    def _put(self, wanted: Replication, role: Principal, rule: ReplicationRule, made: _Copy | None) -> str:
        def work(tx: Transaction) -> bool:
            ctx = self._within(tx, role.account, role)
            source, target = _source(ctx, wanted), _target(ctx, rule)
            source = source._replace(tags=source.tags and _may(ctx, "s3:ReplicateTags", target, source.content))
            known = _known(ctx, target, source.content)
            if known is not None:
                _describe(known, source, target, rule)
                ctx.put(known)
                return made is None
            if made is None and not source.content.delete_marker:
                raise Gone
            return _place(ctx, source, target, rule, made)

        try:
            used = self._store.write(work)
        except BaseException:
            self._forget(role, made)
            raise
        if not used:
            self._forget(role, made)
        return COMPLETED

    def _forget(self, role: Principal, made: _Copy | None) -> None:
        for blob in made.blobs if made is not None else ():
            self._wait_for(forget(self._within(None, role.account, role), blob))


def _settle(tx: Transaction, wanted: Replication, status: str | None) -> None:
    """Write the status at the source and forget the task, unless a later change has made it anew."""
    task = tx.get(Replication, *wanted.key_values())
    if task is None or task != wanted:
        return
    tx.delete(task)
    content = _version(tx, wanted)
    if content is not None and content.replication != REPLICA and status is not None:
        content.replication = status
        tx.put(content)


def _version(tx: Transaction, wanted: Replication) -> Content | None:
    current: Content | None = tx.get(Object, wanted.bucket, wanted.name)
    if current is None or current.version_id != wanted.version_id:
        current = tx.get(Version, wanted.bucket, wanted.name, -wanted.sequence)
    return current if current is not None and current.version_id == wanted.version_id else None


def _source(ctx: Context, wanted: Replication) -> _Source:
    """Raises `Gone`, and `AccessDenied` where the role may not read it for this."""
    bucket, content = ctx.tx.get(Bucket, wanted.bucket), _version(ctx.tx, wanted)
    if bucket is None or content is None:
        raise Gone
    for action in ("s3:GetReplicationConfiguration", "s3:ListBucket"):
        ctx.authorize(action, bucket_resource(ctx, bucket))
    if not content.delete_marker:
        for action in ("s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl"):
            ctx.authorize(action, in_bucket(ctx, bucket, content.name))
    return _Source(bucket, content, _may(ctx, "s3:GetObjectVersionTagging", bucket, content))


def _may(ctx: Context, action: str, bucket: Bucket, content: Content) -> bool:
    try:
        ctx.authorize(action, in_bucket(ctx, bucket, content.name))
    except AwsError:
        return False
    return True


def _target(ctx: Context, rule: ReplicationRule) -> Bucket:
    """Raises `NoSuchBucket`, `InvalidRequest` where a bucket cannot be a destination any more."""
    found = ctx.tx.get(Bucket, rule.destination.bucket_name)
    if found is None:
        raise errors.NoSuchBucket(bucket_name=rule.destination.bucket_name)
    if not found.versioned or rule.destination.account not in (None, "", found.account):
        raise errors.InvalidRequest(reason="Destination bucket must have versioning enabled.")
    return found


def _check(ctx: Context, source: _Source, target: Bucket, rule: ReplicationRule) -> None:
    """Raises `AccessDenied` unless role and destination allow it."""
    content = source.content
    action = "s3:ReplicateDelete" if content.delete_marker else "s3:ReplicateObject"
    ctx.authorize(action, in_bucket(ctx, target, content.name))
    if rule.destination.access_control_translation is not None:
        ctx.authorize("s3:ObjectOwnerOverrideToBucketOwner", in_bucket(ctx, target, content.name))


def _known(ctx: Context, target: Bucket, content: Content) -> Content | None:
    """The replica, if it is there already."""
    current = ctx.tx.get(Object, target.name, content.name)
    if current is not None and current.version_id == content.version_id:
        return current
    return versioning.noncurrent(ctx, target.name, content.name, content.version_id)


def _place(ctx: Context, source: _Source, target: Bucket, rule: ReplicationRule, made: _Copy | None) -> bool:
    fields = msgspec.structs.asdict(source.content)
    replica = Object(**{**fields, "bucket": target.name, "replication": REPLICA, "restored_until": None})
    if made is not None:
        replica.body, replica.seal = made.body, made.seal
        for blob in made.blobs:
            ctx.put(blob)
        if made.layout is not None:
            ctx.put(made.layout)
    _describe(replica, source, target, rule)
    if not versioning.place(ctx, target, replica):
        raise errors.InvalidRequest(reason="Another version has the place of the replica.")
    return True


def _describe(replica: Content, source: _Source, target: Bucket, rule: ReplicationRule) -> None:
    """What changes with the source: tags, list of access, owner, class and lock."""
    content, to = source.content, rule.destination
    replica.tags = content.tags if source.tags else []
    theirs = to.access_control_translation is not None or target.ownership == BUCKET_OWNER_ENFORCED
    replica.owner = target.account if theirs else content.owner or source.bucket.account
    replica.acl = None if theirs else content.acl
    if to.storage_class:
        replica.attributes = msgspec.structs.replace(content.attributes, storage_class=to.storage_class)
    locked = target.object_lock is not None
    replica.lock_mode, replica.lock_until = (content.lock_mode, content.lock_until) if locked else ("", None)
    replica.legal_hold = content.legal_hold if locked else None


async def _transfer(ctx: Context, source: _Source, segments: list[Segment], key: bytes, fresh: bytes) -> list[Blob]:
    """Read each part and write it again under the replica's key."""
    blobs: list[Blob] = []
    try:
        for each in segments:
            with ctx.snapshot() as inner:
                found = sources(inner, source.content, key, each.offset, each.size)
            payload = SourceBytes(ctx, Read(source.content, source.bucket, found, each.offset, each.size))
            blobs.append((await receive(ctx, payload, fresh)).blob)
    except BaseException:
        await asyncio.gather(*(forget(ctx, blob) for blob in blobs))
        raise
    return blobs
