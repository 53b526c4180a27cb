"""Attachments in S3, and links to them."""

from typing import IO, Any
from urllib.parse import quote

import boto3
from botocore.config import Config


class Attachments:
    def __init__(self, config: Any) -> None:
        self._config = config

    def put(self, key: str, content: IO[bytes], content_type: str) -> None:
        """`botocore.exceptions.NoCredentialsError` and `ClientError` are for whoever reads the log."""
        self._client().put_object(
            Bucket=self._config.S3_BUCKET, Key=key, Body=content, ContentType=content_type or "application/octet-stream"
        )

    def link(self, key: str) -> str:
        """Signed and short-lived, or plain: then the bucket decides who may open it."""
        bucket, region = self._config.S3_BUCKET, self._config.S3_REGION
        if self._config.PRESIGNED_URL:
            return self._client(self._config.S3_LINKS or None).generate_presigned_url(
                "get_object", {"Bucket": bucket, "Key": key}, ExpiresIn=self._config.PRESIGNED_SECONDS
            )
        if self._config.S3_LINKS:
            return f"{self._config.S3_LINKS}/{bucket}/{quote(key)}"
        return f"https://{bucket}.s3.{region}.amazonaws.com/{quote(key)}"

    def _client(self, endpoint: str | None = None) -> Any:
        """A new one each time: credentials that appear later, as a role's do, are found."""
        style = "auto" if endpoint else "virtual"  # the region's own host name, so that a link needs no redirect
        return boto3.Session().client(
            "s3",
            region_name=self._config.S3_REGION,
            endpoint_url=endpoint,
            config=Config(signature_version="s3v4", s3={"addressing_style": style}),
        )
