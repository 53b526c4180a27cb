"""Buckets in host names: `<bucket>.s3.<region>.amazonaws.com` means what `/<bucket>` in the path means.

Sources: S3 User Guide, "Virtual hosting of general purpose buckets", "Making requests to Amazon S3 over IPv6"
(dual-stack), "Transfer Acceleration". Emulators' names (`s3.localhost.localstack.cloud`, `localhost`) are among them,
and whatever domains the owner configures.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from groundcloud.gateway.http import Request

_REGION = r"[a-z]{2}(?:-[a-z]+)+-\d"
_ENDPOINT = re.compile(
    rf"(?P<bucket>.+?)\.(?:"
    rf"s3(?:[.-](?:dualstack\.)?{_REGION})?\.amazonaws\.com|s3-accelerate(?:\.dualstack)?\.amazonaws\.com"
    rf"|s3(?:\.{_REGION})?\.(?:localhost\.localstack\.cloud|localhost)|localhost)"
)
_SERVICE = re.compile(rf"s3(?:-accelerate)?(?:[.-](?:dualstack\.)?(?:{_REGION}))?", re.ASCII)


class VirtualHosts:
    """Finds the bucket that a host names."""

    def __init__(self, domains: Iterable[str] = (), is_service: Callable[[str], bool] = lambda label: False) -> None:
        """`domains`: further base domains. `is_service`: names of services, which are no buckets (`iam.localhost`)."""
        self._suffixes = tuple(f".{domain.lower().strip('.')}" for domain in domains)
        self._is_service = is_service
        self.bucket = lru_cache(maxsize=4096)(self._bucket)

    def _bucket(self, host: str) -> str:
        """The bucket in a Host header; empty when it names none."""
        name = host.lower()
        if name.endswith("]") or name.rpartition(":")[2].isdecimal():
            name = name.rpartition(":")[0] if not name.endswith("]") else name
        found = _ENDPOINT.fullmatch(name)
        bucket = found["bucket"] if found is not None else self._configured(name)
        if _SERVICE.fullmatch(bucket) or ("." not in bucket and self._is_service(bucket)):
            return ""
        return bucket

    def _configured(self, name: str) -> str:
        return next((name[: -len(suffix)] for suffix in self._suffixes if name.endswith(suffix)), "")


def path_style(request: Request, bucket: str) -> Request:
    """The same request with its bucket in the path. Its signature is of the original one."""
    path = f"/{bucket}{request.path}" if request.path != "/" else f"/{bucket}"
    return Request(request.method, path, request.query, request.headers, request.body, request.client, request.secure)
