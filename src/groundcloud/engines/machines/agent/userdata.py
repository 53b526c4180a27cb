"""User data as parts: scripts, cloud-config, boot hooks, addresses to include. Pure.

Source: cloud-init's documents "User data formats" and "MIME multi-part archive".
"""

import base64
import binascii
import zlib
from typing import NamedTuple

SCRIPT = "text/x-shellscript"
CONFIG = "text/cloud-config"
HOOK = "text/cloud-boothook"
INCLUDE = "text/x-include-url"
INCLUDE_ONCE = "text/x-include-once-url"
JINJA = "text/jinja2"
UNKNOWN = "text/plain"

_PREFIXES = (
    ("#!", SCRIPT),
    ("#cloud-config", CONFIG),
    ("#cloud-boothook", HOOK),
    ("#include-once", INCLUDE_ONCE),
    ("#include", INCLUDE),
    ("## template: jinja", JINJA),
)
_MOST = 64 * 1024 * 1024


class Part(NamedTuple):
    """One part of user data."""

    kind: str
    content: bytes
    name: str = ""


class Refused(Exception):
    """User data that cannot be read; the message says why."""


def parts(data: bytes) -> list[Part]:
    """The parts, in the order in which they were given. Raises `Refused`."""
    data = _plain(data)
    if not data.strip():
        return []
    if _is_mime(data):
        return _of_mime(data)
    return [Part(kind_of(data), data)]


def kind_of(data: bytes) -> str:
    """What a part is by its first line, as text without another type is."""
    start = data.lstrip()[:64].decode("utf-8", "replace").lower()
    return next((kind for prefix, kind in _PREFIXES if start.startswith(prefix)), UNKNOWN)


def addresses(content: bytes) -> list[str]:
    """What a part of kind include names."""
    lines = (line.strip() for line in content.decode("utf-8", "replace").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def script_of_hook(content: bytes) -> bytes:
    """A boot hook as a program: its first line is a mark, unless it is a program's already."""
    first, _, rest = content.lstrip().partition(b"\n")
    return rest if first.strip().lower() == b"#cloud-boothook" else content


def _plain(data: bytes) -> bytes:
    """Without gzip, and without base64 where that hides something that is known."""
    data = _unzipped(data)
    if not _is_mime(data) and kind_of(data) == UNKNOWN:
        try:
            decoded = _unzipped(base64.b64decode(b"".join(data.split()), validate=True))
        except (binascii.Error, ValueError):
            return data
        if _is_mime(decoded) or kind_of(decoded) != UNKNOWN:
            return decoded
    return data


def _unzipped(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        whole = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(data, _MOST)
    except (OSError, zlib.error) as error:
        raise Refused(f"user data are gzip, but cannot be unpacked: {error}") from error
    return whole


def _is_mime(data: bytes) -> bool:
    start = data.lstrip()[:4096].lower()
    return start.startswith((b"content-type: multipart/", b"mime-version:", b"content-type: text/"))


def _of_mime(data: bytes) -> list[Part]:
    import email

    found = []
    for part in email.message_from_bytes(data.lstrip()).walk():
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            continue
        content = _unzipped(content)
        kind = part.get_content_type()
        if kind in ("text/plain", "text/x-not-multipart", "application/octet-stream") or "gzip" in kind:
            kind = kind_of(content)
        found.append(Part(kind, content, part.get_filename() or ""))
    return found
