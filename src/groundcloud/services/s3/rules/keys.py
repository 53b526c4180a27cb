"""Keys of objects. Source: S3 User Guide, "Naming Amazon S3 objects"; API Reference, ListObjectsV2 (EncodingType)."""

from urllib.parse import quote_plus

from groundcloud.services.s3.rules import errors

MAX_BYTES = 1024


def check_key(key: str) -> None:
    """Raises `KeyTooLong` for a key of more than 1,024 bytes of UTF-8; any characters may be in it."""
    if len(key) * 4 <= MAX_BYTES:
        return
    size = len(key.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise errors.KeyTooLong(size=size, max_size_allowed=MAX_BYTES)


def url_encoded(text: str) -> str:
    """Text as `encoding-type=url` and event messages write it: UTF-8, percent signs, a space as `+`, `/` kept."""
    if text.isascii() and text.isalnum():
        return text
    return quote_plus(text, safe="/*", errors="surrogatepass").replace("~", "%7E")
