"""Names that are no records: AWS's own endpoints and name servers, which all are this cloud."""

import re
from collections.abc import Iterable
from ipaddress import ip_address

from groundcloud.engines.dns.message import ResourceRecord
from groundcloud.engines.dns.names import to_wire
from groundcloud.engines.dns.wire import AAAA, A
from groundcloud.engines.dns.zones import Extra

_TTL = 60
_NAME_SERVER = re.compile(r"ns-\d{1,4}\.awsdns-\d{2}\.(com|net|org|co\.uk)\.")
_REGION = r"[a-z]{2,4}(-[a-z]+)+-\d"
_S3 = re.compile(rf"([a-z0-9.-]+\.)?s3((-website|\.dualstack)?[.-]{_REGION})?\.amazonaws\.com\.")


class _Addresses:
    """Records of some addresses under any name."""

    def __init__(self, addresses: Iterable[str]) -> None:
        found = [ip_address(address) for address in addresses]
        self._records = [(A if address.version == 4 else AAAA, address.packed) for address in found]

    def of(self, name: str, type_: int) -> Extra:
        owner = to_wire(name)
        return [ResourceRecord(owner, kind, _TTL, data) for kind, data in self._records if kind == type_]


class NameServers(_Addresses):
    """The name servers of hosted zones (`ns-2048.awsdns-64.com`): a provider."""

    def __call__(self, name: str, type_: int, vpc: str | None) -> Extra | None:
        return self.of(name, type_) if _NAME_SERVER.fullmatch(name) else None


class Endpoints(_Addresses):
    """The endpoints of AWS's services, S3's buckets and websites among them: a provider."""

    def __init__(self, addresses: Iterable[str], prefixes: Iterable[str]) -> None:
        """`prefixes`: what the host names of services begin with (`sts`, `email`, `api.ecr`)."""
        super().__init__(addresses)
        self._prefixes = frozenset(prefixes)
        self._form = re.compile(rf"([a-z0-9.-]+?)(\.{_REGION})?\.(amazonaws\.com|api\.aws)\.")

    def __call__(self, name: str, type_: int, vpc: str | None) -> Extra | None:
        if not name.endswith((".amazonaws.com.", ".api.aws.")):
            return None
        found = self._form.fullmatch(name)
        known = found is not None and found[1] in self._prefixes
        return self.of(name, type_) if known or _S3.fullmatch(name) else None
