"""What Parameter Store remembers. A parameter's versions are records of their own; secure values are ciphertexts."""

from collections.abc import Iterable
from datetime import datetime

from groundcloud.services.ssm import errors
from groundcloud.store import Key, Part, Record


class Tag(Part):
    key: str
    value: str = ""


class ParameterStringFilter(Part):
    key: str
    option: str = ""
    values: list[str] = []


class ParametersFilter(Part):
    key: str
    values: list[str]


def ancestors(name: str) -> list[str]:
    """The paths above a name, the nearest first: of `/a/b/c` they are `/a/b`, `/a` and `/`."""
    if not name.startswith("/"):
        return ["/"]
    steps = name.split("/")
    return ["/".join(steps[:length]) or "/" for length in range(len(steps) - 1, 0, -1)]


def by_parent(parameter: "Parameter") -> Iterable[Key]:
    return [(parameter.account, parameter.region, ancestors(parameter.name)[0])]


def by_ancestor(parameter: "Parameter") -> Iterable[Key]:
    """So that a whole hierarchy is one range, whatever else there is."""
    return [(parameter.account, parameter.region, path) for path in ancestors(parameter.name)]


class Parameter(Record):
    table = "ssm.parameter"
    key = ("account", "region", "name")
    indexes = {"by_parent": by_parent, "by_ancestor": by_ancestor}
    absent = errors.NoSuchParameter

    account: str
    region: str
    name: str
    arn: str
    type: str
    latest: int = 1
    """The version that is read when none is named."""
    oldest: int = 1
    labels: dict[str, int] = {}
    """Versions by label."""
    tags: list[Tag] = []
    expires: datetime | None = None
    """When its Expiration policy deletes it."""


class ParameterVersion(Record):
    table = "ssm.version"
    key = ("account", "region", "name", "number")
    watched = False

    account: str
    region: str
    name: str
    number: int
    last_modified_date: datetime
    last_modified_user: str
    value: str = ""
    sealed: bytes = b""
    """A secure value: KMS's ciphertext, or for an advanced parameter the value under a data key."""
    data_key: bytes = b""
    key_id: str | None = None
    description: str | None = None
    allowed_pattern: str | None = None
    tier: str = "Standard"
    policies: str = ""
    """The JSON array as it came."""
    data_type: str = "text"
