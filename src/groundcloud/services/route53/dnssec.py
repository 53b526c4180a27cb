"""DNSSEC of a hosted zone: key-signing keys that are KMS's, and whether the zone is signed.

What the keys sign is signed by the controller (`dnssec_controller.py`); the zone's own is made here and kept sealed.
"""

import base64
import hashlib
import re
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

from groundcloud.context import Context
from groundcloud.engines.dns.dnssec import ALGORITHM, KEY_SIGNING_KEY, ZONE_KEY, key_data, key_tag, point
from groundcloud.engines.dns.names import to_wire
from groundcloud.operation import operation
from groundcloud.services.route53 import errors
from groundcloud.services.route53.dnssec_records import KeySigningKey, ZoneSigning, purpose
from groundcloud.services.route53.records import HostedZone
from groundcloud.services.route53.shared import begin_change

_ARN = re.compile(r"arn:aws:kms:us-east-1:\d{12}:key/.+")
_NAME = re.compile(r"[A-Za-z0-9_]{3,128}")
_MOST_KEYS = 2


def _shown(key: KeySigningKey, zone: HostedZone) -> dict[str, Any]:
    data = key_data(KEY_SIGNING_KEY, key.public_key)
    tag, public = key_tag(data), base64.b64encode(key.public_key).decode()
    digest = hashlib.sha256(to_wire(zone.name) + data).hexdigest().upper()
    return {
        "name": key.name,
        "kms_arn": key.kms_arn,
        "flag": KEY_SIGNING_KEY,
        "signing_algorithm_mnemonic": "ECDSAP256SHA256",
        "signing_algorithm_type": ALGORITHM,
        "digest_algorithm_mnemonic": "SHA-256",
        "digest_algorithm_type": 2,
        "key_tag": tag,
        "digest_value": digest,
        "public_key": public,
        "ds_record": f"{tag} {ALGORITHM} 2 {digest}",
        "dnskey_record": f"{KEY_SIGNING_KEY} 3 {ALGORITHM} {public}",
        "status": key.status,
        "created_date": key.created_date,
        "last_modified_date": key.last_modified_date,
    }


def _keys(ctx: Context, zone: HostedZone) -> list[KeySigningKey]:
    return list(ctx.scan(KeySigningKey, zone.id))


def _key(ctx: Context, zone: HostedZone, name: str) -> KeySigningKey:
    found = ctx.get(KeySigningKey, zone.id, name)
    if found is None:
        raise errors.NoSuchKeySigningKey()
    return found


def _public_key(ctx: Context, arn: str) -> bytes:
    """The point of a KMS key that may sign zones. Raises `InvalidKMSArn`, and KMS's denials."""
    if not _ARN.fullmatch(arn):
        raise errors.InvalidKMSArn(reason="The customer managed key must be named by its ARN and lie in us-east-1.")
    found = ctx.in_region("us-east-1").call("kms", "get_public_key", key_id=arn)
    if (found["key_spec"], found["key_usage"]) != ("ECC_NIST_P256", "SIGN_VERIFY"):
        raise errors.InvalidKMSArn(reason="The customer managed key must be of spec ECC_NIST_P256 and for SIGN_VERIFY.")
    loaded = load_der_public_key(found["public_key"])
    assert isinstance(loaded, ec.EllipticCurvePublicKey)
    return point(loaded)


@operation(on="hostedzone/{hosted_zone_id}")
def create_key_signing_key(
    ctx: Context,
    caller_reference: str,
    hosted_zone_id: str,
    key_management_service_arn: str,
    name: str,
    status: str,
) -> object:
    zone = ctx.find(HostedZone, hosted_zone_id)
    if zone.config.private_zone:
        raise errors.InvalidArgument(reason="A private hosted zone can't be signed.")
    if not _NAME.fullmatch(name):
        raise errors.InvalidInput(reason=f"The name {name} of the key-signing key isn't valid.")
    if status not in ("ACTIVE", "INACTIVE"):
        raise errors.InvalidKeySigningKeyStatus()
    known = _keys(ctx, zone)
    if any(each.name == name or each.kms_arn == key_management_service_arn for each in known):
        raise errors.KeySigningKeyAlreadyExists()
    if len(known) == _MOST_KEYS:
        raise errors.TooManyKeySigningKeys()
    now = ctx.now()
    made = KeySigningKey(
        account=ctx.account, zone_id=zone.id, name=name, caller_reference=caller_reference, status=status,
        kms_arn=key_management_service_arn, public_key=_public_key(ctx, key_management_service_arn),
        created_date=now, last_modified_date=now,
    )  # fmt: skip
    ctx.put(made)
    return {
        "change_info": begin_change(ctx, zone, None),
        "key_signing_key": _shown(made, zone),
        "location": f"https://route53.amazonaws.com/2013-04-01/keysigningkey/{zone.id}/{name}",
    }


def _set_status(ctx: Context, zone: HostedZone, key: KeySigningKey, status: str) -> object:
    key.status = status
    key.last_modified_date = ctx.now()
    ctx.put(key)
    return {"change_info": begin_change(ctx, zone, None)}


@operation(on="hostedzone/{hosted_zone_id}")
def activate_key_signing_key(ctx: Context, hosted_zone_id: str, name: str) -> object:
    zone = ctx.find(HostedZone, hosted_zone_id)
    return _set_status(ctx, zone, _key(ctx, zone, name), "ACTIVE")


@operation(on="hostedzone/{hosted_zone_id}")
def deactivate_key_signing_key(ctx: Context, hosted_zone_id: str, name: str) -> object:
    zone = ctx.find(HostedZone, hosted_zone_id)
    key = _key(ctx, zone, name)
    others = [each for each in _keys(ctx, zone) if each.name != name and each.status == "ACTIVE"]
    if zone.dnssec == "SIGNING" and key.status == "ACTIVE" and not others:
        raise errors.KeySigningKeyInUse()
    return _set_status(ctx, zone, key, "INACTIVE")


@operation(on="hostedzone/{hosted_zone_id}")
def delete_key_signing_key(ctx: Context, hosted_zone_id: str, name: str) -> object:
    zone = ctx.find(HostedZone, hosted_zone_id)
    key = _key(ctx, zone, name)
    if key.status == "ACTIVE":
        raise errors.InvalidKeySigningKeyStatus()
    ctx.delete(key)
    return {"change_info": begin_change(ctx, zone, None)}


@operation(on="hostedzone/{hosted_zone_id}", read=True)
def get_dnssec(ctx: Context, hosted_zone_id: str) -> object:
    zone = ctx.find(HostedZone, hosted_zone_id)
    if zone.config.private_zone:
        raise errors.InvalidArgument(reason="A private hosted zone can't be signed.")
    keys = [_shown(each, zone) for each in _keys(ctx, zone)]
    return {"status": {"serve_signature": zone.dnssec}, "key_signing_keys": keys}


@operation(on="hostedzone/{hosted_zone_id}")
def enable_hosted_zone_dnssec(ctx: Context, hosted_zone_id: str) -> object:
    zone = ctx.find(HostedZone, hosted_zone_id)
    if not any(each.status == "ACTIVE" for each in _keys(ctx, zone)):
        raise errors.KeySigningKeyWithActiveStatusNotFound()
    if ctx.get(ZoneSigning, zone.id) is None:
        private = ec.generate_private_key(ec.SECP256R1())
        secret = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        data = key_data(ZONE_KEY, point(private.public_key()))
        ctx.put(ZoneSigning(ctx.account, zone.id, ctx.seal(secret, purpose(zone.id)), data))
    zone.dnssec = "SIGNING"
    ctx.put(zone)
    return {"change_info": begin_change(ctx, zone, None)}


@operation(on="hostedzone/{hosted_zone_id}")
def disable_hosted_zone_dnssec(ctx: Context, hosted_zone_id: str) -> object:
    zone = ctx.find(HostedZone, hosted_zone_id)
    signing = ctx.get(ZoneSigning, zone.id)
    if signing is None:
        raise errors.DNSSECNotFound()
    ctx.delete(signing)
    zone.dnssec = "NOT_SIGNING"
    ctx.put(zone)
    return {"change_info": begin_change(ctx, zone, None)}
