"""Names of buckets. Source: S3 User Guide, "General purpose bucket naming rules" and "Virtual hosting"."""

import re

from groundcloud.services.s3.rules import errors

_FORM = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_OLD_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]", re.ASCII)
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}", re.ASCII)
_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_REGIONAL = re.compile(r"[a-z0-9.-]+-(\d{12})-([a-z]{2}(?:-[a-z]+)+-\d)-an", re.ASCII)


def is_valid(name: str) -> bool:
    """Whether a general purpose bucket may have this name; the account regional form is judged by `check_new`."""
    if _FORM.fullmatch(name) is None or ".." in name or _ADDRESS.fullmatch(name):
        return False
    return not name.startswith(_PREFIXES) and not name.endswith(_SUFFIXES)


def check_new(name: str, *, account: str = "", region: str = "", namespace: str = "") -> None:
    """Raises `InvalidBucketName` for a name that CreateBucket refuses.

    A name ending in `-an` is of the account regional namespace (`<prefix>-<account>-<region>-an`); it takes the
    BucketNamespace `account-regional` and the creator's own account and region, and no other name may have it.
    """
    valid = is_valid(name)
    regional = namespace == "account-regional"
    if valid and (regional or name.endswith("-an")):
        found = _REGIONAL.fullmatch(name)
        valid = found is not None and regional and found.groups() == (account, region)
    if not valid:
        raise errors.InvalidBucketName(bucket_name=name)


def check_addressed(name: str) -> None:
    """Raises `InvalidBucketName` for a name in a request that no bucket ever had; a name that only CreateBucket
    refuses today (capitals, underscores, up to 255 characters) is merely not found."""
    if _OLD_FORM.fullmatch(name) is None or ".." in name:
        raise errors.InvalidBucketName(bucket_name=name)


def is_virtual_hostable(name: str, *, tls: bool) -> bool:
    """Whether `<name>.s3...` reaches the bucket; over TLS a dot would leave the wildcard certificate."""
    return is_valid(name) and not (tls and "." in name)
