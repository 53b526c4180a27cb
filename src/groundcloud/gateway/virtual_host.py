"""Buckets in host names: `<bucket>.s3.<region>.amazonaws.com` means what `/<bucket>` in the path means.

Sources: S3 User Guide, "Virtual hosting of general purpose buckets", "Making requests to Amazon S3 over IPv6"
(dual-stack), "Transfer Acceleration". Emulators' names (`s3.localhost.localstack.cloud`, `localhost`) are among them,
and whatever domains the owner configures.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from groundcloud.gateway.http import Request

_REGION = r"[a-z]{2}(?:-[a-z]+)+-\d"
_ENDPOINT = re.compile(
    rf"(?:(?P<bucket>.+?)\.)??(?:(?:"
    rf"s3(?:[.-](?:dualstack\.)?(?P<region>{_REGION}))?|s3-accelerate(?:\.dualstack)?)(?P<aws>\.amazonaws\.com)"
    rf"|s3(?:\.(?P<local>{_REGION}))?\.(?:localhost\.localstack\.cloud|localhost)|localhost)"
)
_ACCESS_POINT = re.compile(
    rf"(?P<name>.+)-(?P<account>\d{{12}})\.s3-accesspoint(?:\.dualstack)?\.(?P<region>{_REGION})\.amazonaws\.com",
    re.ASCII,
)
_SERVICE = re.compile(rf"s3(?:-accelerate)?(?:[.-](?:dualstack\.)?(?:{_REGION}))?", re.ASCII)


class Host(NamedTuple):
    """What a host names."""

    bucket: str = ""
    """A bucket, or the ARN of an access point."""
    region: str = ""
    """A Region; `*` where AWS leads a bucket's name to wherever the bucket is (`<bucket>.s3.amazonaws.com`)."""


NO_HOST = Host()


class VirtualHosts:
    """Finds the bucket and the Region that a host names."""

    def __init__(self, domains: Iterable[str] = (), is_service: Callable[[str], bool] = lambda label: False) -> None:
        """`domains`: further base domains. `is_service`: names of services, which are no buckets (`iam.localhost`)."""
        self._suffixes = tuple(f".{domain.lower().strip('.')}" for domain in domains)
        self._is_service = is_service
        self.named = lru_cache(maxsize=4096)(self._named)

    def bucket(self, host: str) -> str:
        """The bucket in a Host header; empty when it names none."""
        return self.named(host).bucket

    def _named(self, host: str) -> Host:
        name = host.lower()
        if name.endswith("]") or name.rpartition(":")[2].isdecimal():
            name = name.rpartition(":")[0] if not name.endswith("]") else name
        if (point := _ACCESS_POINT.fullmatch(name)) is not None:
            arn = f"arn:aws:s3:{point['region']}:{point['account']}:accesspoint/{point['name']}"
            return Host(arn, point["region"])
        found = _ENDPOINT.fullmatch(name)
        if found is None:
            return Host(self._configured(name))
        bucket = found["bucket"] or ""
        region = found["region"] or found["local"] or ""
        if _SERVICE.fullmatch(bucket) or ("." not in bucket and self._is_service(bucket)):
            return Host("", region)
        return Host(bucket, region or ("*" if bucket and found["aws"] else ""))

    def _configured(self, name: str) -> str:
        return next((name[: -len(suffix)] for suffix in self._suffixes if name.endswith(suffix)), "")


def path_style(request: Request, bucket: str) -> Request:
    """The same request with its bucket in the path. Its signature is of the original one."""
    bucket = bucket.replace("/", "%2F")
    path = f"/{bucket}{request.path}" if request.path != "/" else f"/{bucket}"
    found = Request(request.method, path, request.query, request.headers, request.body, request.client, request.secure)
    found.known = request.known
    return found
