"""What a bucket is told once and keeps: versioning, encryption, payment, CORS, website, life cycle.

What the settings do is elsewhere.
"""

from datetime import datetime
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.services.s3 import errors
from groundcloud.services.s3.access import find_bucket, of_bucket
from groundcloud.services.s3.records import Setting
from groundcloud.services.s3.rules import cors, lifecycle, object_lock, website
from groundcloud.services.s3.rules.cors import CORSConfiguration
from groundcloud.services.s3.rules.lifecycle import LifecycleRule
from groundcloud.services.s3.rules.website import WebsiteConfiguration
from groundcloud.store import Part


def keep(ctx: Context, bucket: str, kind: str, document: Any, id: str = "") -> None:
    """Store a configuration."""
    find_bucket(ctx, bucket)
    ctx.put(Setting(bucket=bucket, kind=kind, id=id, document=msgspec.to_builtins(document, builtin_types=_AS_IS)))


_AS_IS = (datetime, bytes)


def kept(ctx: Context, bucket: str, kind: str, absent: type[AwsError], id: str = "") -> dict[str, Any]:
    """A stored configuration. Raises `absent`."""
    find_bucket(ctx, bucket)
    found = ctx.tx.get(Setting, bucket, kind, id)
    if found is None:
        raise absent(bucket_name=bucket)
    return found.document


def drop(ctx: Context, bucket: str, kind: str, id: str = "") -> None:
    """Remove a configuration; one that is not there is no error."""
    find_bucket(ctx, bucket)
    found = ctx.tx.get(Setting, bucket, kind, id)
    if found is not None:
        ctx.delete(found)


# -- versioning


class VersioningConfiguration(Part):
    status: str = ""
    mfa_delete: str = ""


@operation(on=of_bucket)
def put_bucket_versioning(ctx: Context, bucket: str, versioning_configuration: VersioningConfiguration) -> None:
    found = find_bucket(ctx, bucket)
    given = versioning_configuration
    if given.mfa_delete == "Enabled":
        raise errors.MfaDeleteNotAvailable()
    if given.status not in ("Enabled", "Suspended"):
        raise errors.IllegalVersioning()
    object_lock.check_versioning(given.status, found.object_lock is not None)
    if found.replicated and given.status != "Enabled":
        raise errors.InvalidBucketState(
            reason="A replication configuration is present on this bucket, so you cannot change the versioning state. "
            "To change the versioning state, first delete the replication configuration."
        )
    found.versioning = given.status
    ctx.put(found)


@operation(on=of_bucket, read=True)
def get_bucket_versioning(ctx: Context, bucket: str) -> dict[str, Any]:
    return {"status": find_bucket(ctx, bucket).versioning or None}


# -- encryption


class ServerSideEncryptionByDefault(Part):
    sse_algorithm: str
    kms_master_key_id: str | None = None


class BlockedEncryptionTypes(Part):
    encryption_type: list[str] = []


class ServerSideEncryptionRule(Part):
    apply_server_side_encryption_by_default: ServerSideEncryptionByDefault | None = None
    bucket_key_enabled: bool | None = None
    blocked_encryption_types: BlockedEncryptionTypes | None = None


class ServerSideEncryptionConfiguration(Part):
    rules: list[ServerSideEncryptionRule]


@operation(on=of_bucket, action="s3:PutEncryptionConfiguration")
def put_bucket_encryption(
    ctx: Context, bucket: str, server_side_encryption_configuration: ServerSideEncryptionConfiguration
) -> None:
    found = find_bucket(ctx, bucket)
    rules = server_side_encryption_configuration.rules
    if len(rules) != 1:
        raise errors.MalformedXML()
    default = rules[0].apply_server_side_encryption_by_default or ServerSideEncryptionByDefault("AES256")
    if default.sse_algorithm not in ("AES256", "aws:kms", "aws:kms:dsse"):
        raise errors.MalformedXML()
    if default.sse_algorithm == "AES256" and default.kms_master_key_id:
        raise errors.InvalidArgument(
            reason="a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
        )
    found.algorithm, found.kms_key_id = default.sse_algorithm, default.kms_master_key_id or ""
    found.bucket_key_enabled = bool(rules[0].bucket_key_enabled)
    ctx.put(found)


@operation(on=of_bucket, read=True, action="s3:GetEncryptionConfiguration")
def get_bucket_encryption(ctx: Context, bucket: str) -> dict[str, Any]:
    found = find_bucket(ctx, bucket)
    default = {"sse_algorithm": found.algorithm, "kms_master_key_id": found.kms_key_id or None}
    rule = {"apply_server_side_encryption_by_default": default, "bucket_key_enabled": found.bucket_key_enabled}
    return {"server_side_encryption_configuration": {"rules": [rule]}}


@operation(on=of_bucket, action="s3:PutEncryptionConfiguration")
def delete_bucket_encryption(ctx: Context, bucket: str) -> None:
    found = find_bucket(ctx, bucket)
    found.algorithm, found.kms_key_id, found.bucket_key_enabled = "AES256", "", False
    ctx.put(found)


# -- payment and acceleration


class RequestPaymentConfiguration(Part):
    payer: str


@operation(on=of_bucket)
def put_bucket_request_payment(
    ctx: Context, bucket: str, request_payment_configuration: RequestPaymentConfiguration
) -> None:
    found = find_bucket(ctx, bucket)
    if request_payment_configuration.payer not in ("Requester", "BucketOwner"):
        raise errors.MalformedXML()
    found.request_payer = request_payment_configuration.payer
    ctx.put(found)


@operation(on=of_bucket, read=True)
def get_bucket_request_payment(ctx: Context, bucket: str) -> dict[str, Any]:
    return {"payer": find_bucket(ctx, bucket).request_payer}


class AccelerateConfiguration(Part):
    status: str = ""


@operation(on=of_bucket, action="s3:PutAccelerateConfiguration")
def put_bucket_accelerate_configuration(
    ctx: Context, bucket: str, accelerate_configuration: AccelerateConfiguration
) -> None:
    found = find_bucket(ctx, bucket)
    if accelerate_configuration.status not in ("Enabled", "Suspended"):
        raise errors.MalformedXML()
    if "." in bucket:
        raise errors.InvalidRequest(reason="S3 Transfer Acceleration is not supported for buckets with periods (.)")
    found.acceleration = accelerate_configuration.status
    ctx.put(found)


@operation(on=of_bucket, read=True, action="s3:GetAccelerateConfiguration")
def get_bucket_accelerate_configuration(ctx: Context, bucket: str) -> dict[str, Any]:
    return {"status": find_bucket(ctx, bucket).acceleration or None}


# -- CORS


@operation(on=of_bucket, action="s3:PutBucketCORS")
def put_bucket_cors(ctx: Context, bucket: str, cors_configuration: CORSConfiguration) -> None:
    cors.check_cors(cors_configuration)
    keep(ctx, bucket, "cors", cors_configuration)


@operation(on=of_bucket, read=True, action="s3:GetBucketCORS")
def get_bucket_cors(ctx: Context, bucket: str) -> dict[str, Any]:
    return kept(ctx, bucket, "cors", errors.NoSuchCorsConfiguration)


@operation(on=of_bucket, action="s3:PutBucketCORS")
def delete_bucket_cors(ctx: Context, bucket: str) -> None:
    drop(ctx, bucket, "cors")


# -- website


@operation(on=of_bucket)
def put_bucket_website(ctx: Context, bucket: str, website_configuration: WebsiteConfiguration) -> None:
    website.check_website(website_configuration)
    keep(ctx, bucket, "website", website_configuration)


@operation(on=of_bucket, read=True)
def get_bucket_website(ctx: Context, bucket: str) -> dict[str, Any]:
    return kept(ctx, bucket, "website", errors.NoSuchWebsiteConfiguration)


@operation(on=of_bucket)
def delete_bucket_website(ctx: Context, bucket: str) -> None:
    drop(ctx, bucket, "website")


# -- life cycle


class LifecycleConfiguration(Part):
    rules: list[LifecycleRule]


_USUAL_SIZE = "all_storage_classes_128K"


@operation(on=of_bucket, action="s3:PutLifecycleConfiguration")
def put_bucket_lifecycle_configuration(
    ctx: Context,
    bucket: str,
    lifecycle_configuration: LifecycleConfiguration | None = None,
    transition_default_minimum_object_size: str = _USUAL_SIZE,
) -> dict[str, Any]:
    if lifecycle_configuration is None:
        raise errors.MalformedXML()
    lifecycle.check_lifecycle(lifecycle_configuration.rules)
    rules = lifecycle_configuration.rules
    for rule in rules:
        if not rule.id:
            rule.id = ctx.random(24).hex()
    document = {"rules": rules, "transition_default_minimum_object_size": transition_default_minimum_object_size}
    keep(ctx, bucket, "lifecycle", document)
    return {"transition_default_minimum_object_size": transition_default_minimum_object_size}


@operation(on=of_bucket, read=True, action="s3:GetLifecycleConfiguration")
def get_bucket_lifecycle_configuration(ctx: Context, bucket: str) -> dict[str, Any]:
    return kept(ctx, bucket, "lifecycle", errors.NoSuchLifecycleConfiguration)


@operation(on=of_bucket, action="s3:PutLifecycleConfiguration")
def delete_bucket_lifecycle(ctx: Context, bucket: str) -> None:
    drop(ctx, bucket, "lifecycle")
