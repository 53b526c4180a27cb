"""Carries out life-cycle rules: once when a configuration changes, then every day, bucket by bucket.

What is due is said by `rules.lifecycle_due`; here it is looked for and done, a few versions in each transaction.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby, islice
from typing import NamedTuple

import msgspec

from groundcloud.context import Context
from groundcloud.controllers import Outcome
from groundcloud.engines.objects import Objects
from groundcloud.services.s3 import events, versioning
from groundcloud.services.s3.deleting import retention_of
from groundcloud.services.s3.listing import behind, version_entries
from groundcloud.services.s3.multipart import remove_upload
from groundcloud.services.s3.records import Bucket, Content, Object, Setting, Upload
from groundcloud.services.s3.rules import lifecycle_due as due
from groundcloud.services.s3.rules import object_lock
from groundcloud.services.s3.settings import LifecycleConfiguration
from groundcloud.store import Key, Store, Transaction

_KEYS = 500
"""Keys that are looked at in one go."""
_EVERY = 24 * 3600.0

Within = Callable[[Transaction, str], Context]
"""A context of an account's root user in a transaction."""


class _Due(NamedTuple):
    """What is to be done with one version."""

    name: str
    version_id: str
    sequence: int
    action: due.Action


class Lifecycle:
    """Implements `Controller`. It wakes for every setting of a bucket and works for life cycles."""

    name = "s3.lifecycle"
    kind = Setting

    def __init__(self, store: Store, engine: Objects, within: Within) -> None:
        self._store = store
        self._engine = engine
        self._within = within

    def reconcile(self, key: Key, wanted: Setting | None) -> Outcome:
        if wanted is None or wanted.kind != "lifecycle":
            return Outcome()
        self._walk(wanted)
        self._abort_uploads(wanted)
        return Outcome(again=_EVERY)

    def _open(self, tx: Transaction, setting: Setting) -> tuple[Context, Bucket, due.LifecycleRules] | None:
        bucket = tx.get(Bucket, setting.bucket)
        if bucket is None:
            return None
        given = msgspec.convert({"rules": setting.document["rules"]}, LifecycleConfiguration)
        minimum = setting.document["transition_default_minimum_object_size"]
        rules = due.LifecycleRules(given.rules, versioning=bucket.versioning or None, minimum_size=minimum)
        return self._within(tx, bucket.account), bucket, rules

    # -- objects and versions

    def _walk(self, setting: Setting) -> None:
        place = b""
        while True:
            with self._store.snapshot() as tx:
                found = self._open(tx, setting)
                if found is None:
                    return
                ctx, bucket, rules = found
                entries = version_entries(ctx, bucket.name, "", "", place, None)
                contents = (entry.content for entry in entries if entry.content is not None)
                keys = islice(groupby(contents, key=lambda content: content.name), _KEYS)
                last = ""
                wanted: list[_Due] = []
                for last, versions in keys:  # noqa: B007 - the last key is where the next go begins
                    wanted += self._due(list(versions), rules, ctx.now())
            if wanted:
                self._do(setting, wanted)
            if not last:
                return
            place = behind(last)

    def _due(self, versions: list[Content], rules: due.LifecycleRules, now: datetime) -> Iterator[_Due]:
        for number, content in enumerate(versions):
            shown = due.Version(
                key=content.name,
                last_modified=content.modified,
                size=content.size,
                tags={tag.key: tag.value for tag in content.tags},
                storage_class=content.attributes.storage_class,
                is_current=number == 0,
                is_delete_marker=content.delete_marker,
                is_alone=len(versions) == 1,
                noncurrent_since=versions[number - 1].modified if number else None,
                newer_noncurrent_versions=max(0, number - 1),
            )
            action = rules.due(shown, now)
            if action is not None and not self._kept(content, action, now):
                yield _Due(content.name, content.version_id, content.sequence, action)

    def _kept(self, content: Content, action: due.Action, now: datetime) -> bool:
        """Object Lock goes before the life cycle."""
        for_good = action.kind in (due.DELETE_VERSION, due.REMOVE_DELETE_MARKER)
        return for_good and (bool(content.legal_hold) or object_lock.is_retained(retention_of(content), now))

    def _do(self, setting: Setting, wanted: list[_Due]) -> None:
        def work(tx: Transaction) -> list[str]:
            found = self._open(tx, setting)
            if found is None:
                return []
            ctx, bucket, _ = found
            stale: list[str] = []
            for each in wanted:
                stale += _done(ctx, bucket, each)
            return stale

        self._engine.remove(self._store.write(work))

    # -- uploads

    def _abort_uploads(self, setting: Setting) -> None:
        def work(tx: Transaction) -> list[str]:
            found = self._open(tx, setting)
            if found is None:
                return []
            ctx, bucket, rules = found
            stale: list[str] = []
            for upload in list(tx.scan(Upload, bucket.name)):
                action = rules.abort(upload.name, upload.initiated)
                if action is not None and action.at <= ctx.now():
                    stale += remove_upload(ctx, upload)
            return stale

        self._engine.remove(self._store.write(work))


def _done(ctx: Context, bucket: Bucket, wanted: _Due) -> list[str]:
    """Do it, unless the version is no longer what it was; the files to remove after the commit."""
    current = ctx.tx.get(Object, bucket.name, wanted.name)
    content: Content | None = current
    if content is None or content.sequence != wanted.sequence:
        content = versioning.noncurrent(ctx, bucket.name, wanted.name, wanted.version_id)
    if content is None or content.sequence != wanted.sequence:
        return []
    if wanted.action.kind == due.TRANSITION:
        content.attributes = msgspec.structs.replace(content.attributes, storage_class=wanted.action.storage_class)
        ctx.tx.put(content)
        events.tell(ctx, bucket, "s3:LifecycleTransition", content)
        return []
    if wanted.action.kind == due.EXPIRE and bucket.versioning:
        if content is not current:
            return []
        marker, stale = versioning.mark_deleted(ctx, bucket, wanted.name, by_lifecycle=True)
        events.tell(ctx, bucket, "s3:LifecycleExpiration:DeleteMarkerCreated", marker)
        return stale
    events.tell(ctx, bucket, "s3:LifecycleExpiration:Delete", content)
    return versioning.remove(ctx, content)
