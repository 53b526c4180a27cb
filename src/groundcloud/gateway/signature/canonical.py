"""The canonical forms of Signature Version 4: path, query and headers, as AWS's page
"Create a signed AWS API request" describes them. Text in, text out; nothing is checked here.
"""

import re
from functools import lru_cache
from urllib.parse import quote_from_bytes, unquote_to_bytes

UNRESERVED_PATH = re.compile(r"[A-Za-z0-9\-_.~/]*").fullmatch
UNRESERVED_QUERY = re.compile(r"[A-Za-z0-9\-_.~=&]*").fullmatch
UNRESERVED = "-_.~"


def _bytes(text: str) -> bytes:
    """The bytes that were sent: Latin-1, or UTF-8 for text that no server decoded."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def canonical_path(path: str, *, normalize: bool) -> str:
    """The canonical path of a path as it was sent.

    `normalize` is what every service but S3 does: `.`, `..` and repeated slashes are resolved, and the encoded path
    is encoded once more. S3 keeps the path as it is and writes each byte in one way (upper-case hex, unreserved
    characters plain).
    """
    if normalize:
        if "//" in path or "/." in path:
            path = _without_dots(path)
        if UNRESERVED_PATH(path):
            return path or "/"
        return quote_from_bytes(_bytes(path), safe="/~") or "/"
    if UNRESERVED_PATH(path):
        return path or "/"
    # An escaped slash stays escaped: it is what the client has signed.
    return "/".join(quote_from_bytes(unquote_to_bytes(_bytes(part)), UNRESERVED) for part in path.split("/"))


def _without_dots(path: str) -> str:
    """RFC 3986 section 5.2.4, and repeated slashes made one."""
    kept: list[str] = []
    parts = path.split("/")
    for part in parts:
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    if not kept:
        return "/"
    return "/" + "/".join(kept) + ("/" if parts[-1] in ("", ".", "..") else "")


def _reencoded(text: str) -> str:
    return quote_from_bytes(unquote_to_bytes(_bytes(text.replace("+", "%20"))), UNRESERVED)


def canonical_query(query: str, without: tuple[str, ...] = ()) -> str:
    """The canonical query of a query as it was sent: names and values encoded in one way, sorted by name, then value.

    Parameters named in `without` are left out (`X-Amz-Signature`). A plus sign is a space, as AWS's servers read it.
    """
    if not query:
        return ""
    pairs = []
    plain = UNRESERVED_QUERY(query) is not None
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            if not plain or "=" in value:
                name, value = _reencoded(name), _reencoded(value)
            if name not in without:
                pairs.append((name, value))
    pairs.sort()
    return "&".join([f"{name}={value}" for name, value in pairs])


def trimmed(value: str) -> str:
    """A header's value without outer spaces and with inner runs of white space made one space."""
    value = value.strip(" ")
    if "  " in value or "\t" in value or "\n" in value or "\r" in value:
        # Only ASCII white space: str.split() would also split at 0x85 and 0xA0, which are parts of UTF-8 characters.
        return b" ".join(_bytes(value).split()).decode("latin-1")
    return value


@lru_cache(maxsize=1024)
def signed_names(signed_headers: str) -> tuple[str, ...]:
    """The names of a claim's signed headers, in its order. A client signs the same few in all its requests."""
    return tuple(signed_headers.lower().split(";"))


def canonical_request(
    method: str, path: str, query: str, headers: dict[str, str], signed_headers: str, payload_hash: str
) -> str:
    """The canonical request of canonical parts; a signed header that is absent has an empty value."""
    lines = [f"{name}:{trimmed(headers.get(name, ''))}" for name in signed_names(signed_headers)]
    joined = "\n".join(lines)
    return f"{method}\n{path}\n{query}\n{joined}\n\n{signed_headers}\n{payload_hash}"
