"""What a deployment is called, where it goes, and what its steps have found so far."""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import ClientError

GONE = (
    "NoSuchEntity", "NoSuchBucket", "NoSuchHostedZone", "NoSuchHealthCheck", "DBInstanceNotFound",
    "ResourceNotFoundException", "InvalidGroup.NotFound", "InvalidKeyPair.NotFound", "NotFound",
)  # fmt: skip


@dataclass
class Plan:
    """One deployment. All names come from `name`, so that a second run finds what the first one has made."""

    name: str
    domain: str
    email: str
    key_file: Path
    ssh_from: str = "0.0.0.0/0"
    database: str = "rds"
    alarm: bool = True
    found: dict[str, str] = field(default_factory=dict)
    """What steps have found for later ones: ids, addresses."""

    @cached_property
    def session(self) -> boto3.Session:
        return boto3.Session()

    def client(self, service: str, region: str | None = None) -> Any:
        return _client(self.session, service, region)

    @cached_property
    def region(self) -> str:
        return self.session.region_name or "us-east-1"

    @cached_property
    def account(self) -> str:
        return str(self.client("sts").get_caller_identity()["Account"])

    @property
    def bucket(self) -> str:
        return f"{self.name}-{self.account}-{self.region}"

    @property
    def host(self) -> str:
        """The site's host name; the bucket of the maintenance page has the same."""
        return f"www.{self.domain}"

    @property
    def tags(self) -> list[dict[str, str]]:
        return [{"Key": "Deployment", "Value": self.name}]

    def tagged(self, kind: str, part: str) -> list[dict[str, Any]]:
        """TagSpecifications of EC2."""
        return [{"ResourceType": kind, "Tags": [*self.tags, {"Key": "Name", "Value": f"{self.name}-{part}"}]}]

    def links(self) -> str:
        """Where browsers reach S3, if not at AWS."""
        endpoint: str = self.client("s3").meta.endpoint_url
        return "" if "amazonaws.com" in endpoint else endpoint

    @cached_property
    def passwords(self) -> dict[str, str]:
        """The database's passwords, which Secrets Manager keeps."""
        vault = self.client("secretsmanager")
        try:
            kept = vault.get_secret_value(SecretId=f"{self.name}/database")["SecretString"]
        except vault.exceptions.ResourceNotFoundException:
            kept = json.dumps({who: secrets.token_urlsafe(18) for who in ("admin", "form_user")})
            vault.create_secret(Name=f"{self.name}/database", SecretString=kept, Tags=self.tags)
        found: dict[str, str] = json.loads(kept)
        return found


@cache
def _client(session: boto3.Session, service: str, region: str | None) -> Any:
    return session.client(service, region_name=region or session.region_name or "us-east-1")


class Step(NamedTuple):
    """A part: what it is called, what makes it and says what is there, what takes it down."""

    title: str
    make: Callable[[Plan], str]
    delete: Callable[[Plan], None]


class StepFailed(Exception):
    """A step cannot go on; the message says why and what to do."""


def unless_gone(call: Callable[..., Any], **arguments: Any) -> Any:
    """Call, and take for done what is not there any more."""
    try:
        return call(**arguments)
    except ClientError as error:
        if not any(gone in error.response["Error"]["Code"] for gone in GONE):
            raise
        return None


def until(found: Callable[[], Any], what: str, seconds: float = 600, every: float = 0.5) -> Any:
    """What `found` gives, once that is something. Raises `StepFailed`."""
    end = time.monotonic() + seconds
    while not (value := found()):
        if time.monotonic() > end:
            raise StepFailed(f"{what} is not there after {seconds:.0f} s.")
        time.sleep(every)
    return value
