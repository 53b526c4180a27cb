"""SSH public keys of users: RSA, five at most, given as OpenSSH's one line or as PEM."""

import base64
import binascii
import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
    load_ssh_public_key,
)

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.services.iam import provider_errors as errors
from groundcloud.services.iam.common import caller_or, user
from groundcloud.services.iam.provider_common import check_quota
from groundcloud.services.iam.provider_records import SshPublicKey
from groundcloud.services.iam.records import User
from groundcloud.tokens import BASE32

MOST_KEYS = 5
_SMALLEST = 2048


def _found(ctx: Context, user_name: str, ssh_public_key_id: str) -> SshPublicKey:
    ctx.find(User, user_name)
    found = ctx.get(SshPublicKey, user_name, ssh_public_key_id)
    if found is None:
        raise errors.NoSuchPublicKey(ssh_public_key_id=ssh_public_key_id)
    return found


def _read(body: str) -> RSAPublicKey:
    """An RSA key of 2048 bits or more (API reference, UploadSSHPublicKey). Raises `InvalidPublicKey`."""
    try:
        key = load_pem_public_key(body.encode()) if body.startswith("-----") else load_ssh_public_key(body.encode())
    except (ValueError, TypeError, binascii.Error) as error:
        raise errors.InvalidPublicKey(reason="The public key is not a valid ssh-rsa or PEM public key.") from error
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST:
        raise errors.InvalidPublicKey(reason=f"The public key must be an RSA key of at least {_SMALLEST} bits.")
    return key


def _one_line(key: RSAPublicKey) -> str:
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _fingerprint(key: RSAPublicKey) -> str:
    """The MD5 fingerprint that IAM shows (RFC 4716, 4)."""
    digest = hashlib.md5(base64.b64decode(_one_line(key).split()[1]), usedforsecurity=False).hexdigest()
    return ":".join(digest[place : place + 2] for place in range(0, 32, 2))


@operation(on=user)
def upload_ssh_public_key(ctx: Context, user_name: str, ssh_public_key_body: str) -> object:
    ctx.find(User, user_name)
    key = _read(ssh_public_key_body.strip())
    fingerprint = _fingerprint(key)
    others = list(ctx.scan(SshPublicKey, user_name))
    if any(other.fingerprint == fingerprint for other in others):
        raise errors.DuplicateSSHPublicKey(user_name=user_name)
    check_quota(len(others), MOST_KEYS, "SSHPublicKeysPerUser")
    made = SshPublicKey(
        account=ctx.account,
        user_name=user_name,
        ssh_public_key_id=f"APKA{ctx.random_text(BASE32, 16)}",
        fingerprint=fingerprint,
        ssh_public_key_body=ssh_public_key_body,
        upload_date=ctx.now(),
    )
    return {"ssh_public_key": ctx.put(made)}


@operation(on=user, read=True)
def get_ssh_public_key(ctx: Context, user_name: str, ssh_public_key_id: str, encoding: str) -> object:
    found = _found(ctx, user_name, ssh_public_key_id)
    if encoding not in ("SSH", "PEM"):
        raise errors.UnrecognizedPublicKeyEncoding(encoding=encoding)
    key = _read(found.ssh_public_key_body.strip())
    if encoding == "SSH":
        body = _one_line(key)
    else:
        body = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    members: tuple[str, ...] = ("user_name", "ssh_public_key_id", "fingerprint", "status", "upload_date")
    shown: dict[str, Any] = {name: getattr(found, name) for name in members}
    return {"ssh_public_key": {**shown, "ssh_public_key_body": body}}


@operation(on=user, read=True)
def list_ssh_public_keys(ctx: Context, user_name: str = "") -> dict[str, Page]:
    name = caller_or(ctx, user_name)
    if name:
        ctx.find(User, name)
    return {"ssh_public_keys": ctx.page(SshPublicKey, name)}


@operation(on=user)
def update_ssh_public_key(ctx: Context, user_name: str, ssh_public_key_id: str, status: str) -> None:
    found = _found(ctx, user_name, ssh_public_key_id)
    found.status = status
    ctx.put(found)


@operation(on=user)
def delete_ssh_public_key(ctx: Context, user_name: str, ssh_public_key_id: str) -> None:
    ctx.delete(_found(ctx, user_name, ssh_public_key_id))
