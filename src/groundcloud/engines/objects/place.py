"""The address of a cluster for the bytes of objects, as a setting has it. It names no keys, and nothing is asked."""

from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit


class Place(NamedTuple):
    """Where in which cluster; `s3://bucket/prefix?endpoint=https://...&region=...&profile=...`."""

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str = "us-east-1"
    profile: str | None = None
    """Of the AWS credentials file; without one, the keys are the environment's (AWS_ACCESS_KEY_ID, ...)."""

    @classmethod
    def of(cls, url: str) -> "Place":
        """From a setting, which is checked where settings are read."""
        parts = urlsplit(url)
        prefix = parts.path.strip("/")
        return cls(parts.netloc, f"{prefix}/" if prefix else "", **dict(parse_qsl(parts.query)))
