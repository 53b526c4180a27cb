"""What all writes of objects share: PutObject, CopyObject, multipart uploads, forms."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from groundcloud.context import Context
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors
from groundcloud.services.s3.access import in_bucket, public_access
from groundcloud.services.s3.keys import encryption_headers
from groundcloud.services.s3.owners import accounts, canonical_id
from groundcloud.services.s3.records import Attributes, Bucket, Object, Seal, Tag
from groundcloud.services.s3.rules import acl, checksums, object_lock, public
from groundcloud.services.s3.tags import tags_of_header

STORAGE_CLASSES = frozenset(
    (
        "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE",
        "GLACIER_IR",
    )
)  # fmt: skip
_MOST_METADATA = 2048
_GRANTING = frozenset(("acl", *acl.GRANT_HEADERS))


class Lock(NamedTuple):
    """Object Lock of a new version."""

    mode: str = ""
    until: datetime | None = None
    hold: bool | None = None


def permissions_of_write(
    ctx: Context, bucket: Bucket, key: str, with_acl: bool, tagging: str | None, retention: bool, legal_hold: bool
) -> list[Resource]:
    """A write needs a permission of its own for each thing that it sets besides the bytes."""
    facts = requested_tags(tagging) if tagging else {}
    needed = [in_bucket(ctx, bucket, key, "s3:PutObject", facts)]
    if with_acl and not ctx.principal.service:  # policies of AWS's guides give services s3:PutObject alone
        needed.append(in_bucket(ctx, bucket, key, "s3:PutObjectAcl", facts))
    if tagging:
        needed.append(in_bucket(ctx, bucket, key, "s3:PutObjectTagging", facts))
    if retention:
        needed.append(in_bucket(ctx, bucket, key, "s3:PutObjectRetention", facts))
    if legal_hold:
        needed.append(in_bucket(ctx, bucket, key, "s3:PutObjectLegalHold", facts))
    return needed


def requested_tags(tagging: str) -> dict[str, Any]:
    """`s3:RequestObjectTag/<key>` and `s3:RequestObjectTagKeys`."""
    found = parse_qsl(tagging, keep_blank_values=True)
    facts: dict[str, Any] = {f"s3:requestobjecttag/{key.lower()}": value for key, value in found}
    facts["s3:requestobjecttagkeys"] = [key for key, _ in found]
    return facts


def attributes(given: Mapping[str, Any]) -> Attributes:
    """What a write's arguments say of the object. Raises `InvalidStorageClass`, `MetadataTooLarge`."""
    storage_class = given.get("storage_class") or "STANDARD"
    if storage_class not in STORAGE_CLASSES:
        raise errors.InvalidStorageClass()
    metadata = given.get("metadata") or {}
    size = sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())
    if size > _MOST_METADATA:
        raise errors.MetadataTooLarge(size=size, max_size_allowed=_MOST_METADATA)
    redirect = given.get("website_redirect_location")
    if redirect is not None and not redirect.startswith(("/", "http://", "https://")):
        raise errors.InvalidRedirectLocation()
    return Attributes(
        content_type=given.get("content_type") or "binary/octet-stream",
        cache_control=given.get("cache_control"),
        content_disposition=given.get("content_disposition"),
        content_encoding=given.get("content_encoding"),
        content_language=given.get("content_language"),
        expires=given.get("expires"),
        website_redirect_location=redirect,
        metadata={name.lower(): value for name, value in metadata.items()},
        storage_class=storage_class,
    )


def granted_acl(ctx: Context, bucket: Bucket, key: str, given: Mapping[str, Any]) -> list[acl.Grant] | None:
    """The ACL that a write asks for; None: the usual one, in which the owner has everything.

    Raises `AccessControlListNotSupported` where the bucket has none, and `AccessDenied` under Block Public Access.
    """
    if given.keys().isdisjoint(_GRANTING):
        return None
    canned = given.get("acl")
    headers = {name: given.get(name) for name in acl.GRANT_HEADERS}
    if canned is None and not any(headers.values()):
        return None
    acl.check_one_way(canned, any(headers.values()))
    owner, bucket_owner = canonical_id(ctx.account), canonical_id(bucket.account)
    if canned is not None:
        grants = acl.canned(canned, owner=owner, bucket_owner=bucket_owner)
    else:
        grants = acl.from_headers(headers, accounts(ctx))
    if canned != "private":
        acl.check_allowed(bucket.ownership, canned, grants, bucket_owner)
    resource = f"arn:aws:s3:::{bucket.name}/{key}"
    public.check_acl(public_access(ctx, bucket), grants, ctx.principal.arn, resource)
    return None if bucket.ownership == acl.BUCKET_OWNER_ENFORCED else grants


def locked(ctx: Context, bucket: Bucket, given: Mapping[str, Any]) -> Lock:
    """Object Lock of a new version: what the request asks for, or the bucket's default retention."""
    mode, until = given.get("object_lock_mode"), given.get("object_lock_retain_until_date")
    hold = given.get("object_lock_legal_hold_status")
    if bucket.object_lock is None and mode is None and until is None and hold is None:
        return Lock()
    object_lock.check_upload(mode, until, hold, locked=bucket.object_lock is not None, now=ctx.now())
    if mode is None:
        usual = object_lock.default_retention(bucket.object_lock, ctx.now())
        mode, until = usual.mode, usual.retain_until_date
    return Lock(mode or "", until, None if hold is None else hold == "ON")


class Draft(NamedTuple):
    """An object to be: all that its write asks for, checked, but for its bytes, its key and its version."""

    bucket: str
    key: str
    attributes: Attributes
    tags: Sequence[Tag] = ()
    grants: list[acl.Grant] | None = None
    lock: Lock = Lock()


def draft(
    ctx: Context,
    bucket: Bucket,
    key: str,
    given: Mapping[str, Any],
    kept: Attributes | None = None,
    tags: Sequence[Tag] | None = None,
) -> Draft:
    """What a write's arguments ask for; a copy brings what it keeps of its source. Raises what `attributes`,
    `tags_of_header`, `granted_acl` and `locked` raise."""
    kept = attributes(given) if kept is None else kept
    tags = tags_of_header(given.get("tagging")) if tags is None else tags
    return Draft(bucket.name, key, kept, tags, granted_acl(ctx, bucket, key, given), locked(ctx, bucket, given))


def new_object(ctx: Context, wanted: Draft, seal: Seal) -> Object:
    """An object without its bytes and its version."""
    return Object(
        bucket=wanted.bucket,
        name=wanted.key,
        sequence=0,
        version_id="",
        modified=ctx.now(),
        attributes=wanted.attributes,
        seal=seal,
        tags=list(wanted.tags),
        acl=wanted.grants,
        owner=ctx.account,
        lock_mode=wanted.lock.mode,
        lock_until=wanted.lock.until,
        legal_hold=wanted.lock.hold,
    )


def written(made: Object, bucket: Bucket) -> dict[str, Any]:
    """What a write answers."""
    shown: dict[str, Any] = {"e_tag": f'"{made.e_tag}"', **encryption_headers(made.seal)}
    for name, value in made.checksums.items():
        shown[checksums.ALGORITHMS[name].member] = value
    if made.checksums:
        shown["checksum_type"] = made.checksum_type
    if bucket.versioned:
        shown["version_id"] = made.version_id
    return shown
