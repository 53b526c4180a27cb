"""Browser uploads: a streaming reader of multipart/form-data, and what a finished POST answers.

A state machine without sockets: bytes are fed, the file's bytes come out, nothing of the file is kept. It checks no
signature and no policy (the gateway's `post_policy` does, with the fields read here).
Sources: RFC 7578, RFC 2046 section 5.1; S3 API Reference, "POST Object" (20 KB of form data before the file, fields
behind it are ignored, `${filename}`, success_action_redirect, success_action_status).
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from groundcloud.services.s3.rules import errors

MAX_BEFORE_FILE = 20 * 1024

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*(filename|name)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))', re.IGNORECASE)
_ESCAPED = re.compile(r'\\(["\\])')

_PREAMBLE, _DELIMITER, _HEADERS, _VALUE, _FILE, _END = range(6)


class PostForm:
    """Reads one form.

    `feed` gives the pieces of the file in what it is fed. As soon as `ready` is true the fields before the file are
    complete in `fields`; `finish` says whether the form was whole.
    """

    def __init__(self, content_type: str) -> None:
        """Raises `PreconditionFailed` for a body that is no form."""
        found = _BOUNDARY.search(content_type)
        if not content_type.lower().lstrip().startswith("multipart/form-data") or found is None:
            raise errors.PreconditionFailed(condition="Bucket POST must be of the enclosure-type multipart/form-data")
        self._delimiter = b"\r\n--" + (found[1] or found[2]).encode("latin-1", "replace")
        self._buffer = b"\r\n"  # so that the first boundary looks like the others
        self._state = _PREAMBLE
        self._read = 0
        self._name = ""
        self._fields: dict[str, str] = {}
        self.file_name = ""
        self.file_content_type = ""
        self.ready = False

    @property
    def done(self) -> bool:
        """Whether the end of the file has been seen."""
        return self._state == _END

    @property
    def fields(self) -> dict[str, str]:
        """The fields before the file under their names as sent, `${filename}` replaced by the file's name."""
        name = stripped(self.file_name)
        return {each: value.replace("${filename}", name) for each, value in self._fields.items()}

    def feed(self, data: bytes) -> list[bytes]:
        """The bytes of the file in `data`, in order.

        Raises `MalformedPOSTRequest`, `MaxPostPreDataLengthExceeded` (fields of more than 20 KB), or
        `IncorrectNumberOfFilesInPostRequest` (the form ends without a file).
        """
        if self._state == _END:
            return []
        self._buffer = self._buffer + data if self._buffer else data
        while self._state != _FILE:
            before = len(self._buffer)
            moved = self._step()
            self._read += before - len(self._buffer)
            if self._read + (0 if moved else len(self._buffer)) > MAX_BEFORE_FILE and self._state != _FILE:
                raise errors.MaxPostPreDataLengthExceeded()
            if not moved:
                return []
        return self._file()

    def finish(self) -> None:
        """The body has ended. Raises `MalformedPOSTRequest` unless the file was whole."""
        if self._state != _END:
            raise errors.MalformedPOSTRequest()

    def _step(self) -> bool:
        """Moves one state on, if the buffer holds enough for it."""
        if self._state == _DELIMITER:
            return self._after_delimiter()
        if self._state == _HEADERS:
            return self._headers()
        at = self._buffer.find(self._delimiter)
        if at < 0:
            return False
        if self._state == _VALUE:
            self._keep(self._buffer[:at])
        self._buffer = self._buffer[at + len(self._delimiter) :]
        self._state = _DELIMITER
        return True

    def _after_delimiter(self) -> bool:
        """Behind a boundary: `--` at the end of the form, else blanks and the end of the line."""
        if self._buffer.startswith(b"--"):
            raise errors.IncorrectNumberOfFilesInPostRequest()
        line, found, rest = self._buffer.partition(b"\r\n")
        blank = line.strip(b" \t") if found else line.strip(b" \t\r").removeprefix(b"-")
        if blank:
            raise errors.MalformedPOSTRequest()
        if not found:
            return False
        self._buffer = b"\r\n" + rest  # a part may have no headers at all
        self._state = _HEADERS
        return True

    def _headers(self) -> bool:
        text, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return False
        headers = _part_headers(text)
        names = {
            match[1].lower(): _ESCAPED.sub(r"\1", match[2]) if match[2] is not None else match[3]
            for match in _PARAMETER.finditer(headers.get("content-disposition", ""))
        }
        if "name" not in names:
            raise errors.MalformedPOSTRequest()
        self._name = names["name"]
        self._buffer = rest
        if self._name.lower() != "file":
            self._state = _VALUE
            return True
        self.file_name = names.get("filename", "")
        self.file_content_type = headers.get("content-type", "")
        self._state = _FILE
        self.ready = True
        return True

    def _keep(self, value: bytes) -> None:
        try:
            self._fields[self._name] = value.decode()
        except UnicodeDecodeError:
            raise errors.MalformedPOSTRequest() from None

    def _file(self) -> list[bytes]:
        data = self._buffer
        at = data.find(self._delimiter)
        if at >= 0:
            self._state = _END
            self._buffer = b""
            return [data[:at]] if at else []
        held = self._possible_delimiter(data)
        self._buffer = data[held:]
        piece = data[:held]
        return [piece] if piece else []

    def _possible_delimiter(self, data: bytes) -> int:
        """Where an unfinished delimiter may begin at the end of the data."""
        at = data.find(b"\r", max(0, len(data) - len(self._delimiter) + 1))
        while at >= 0:
            if self._delimiter.startswith(data[at:]):
                return at
            at = data.find(b"\r", at + 1)
        return len(data)


def _part_headers(text: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in text.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            headers[name.decode("latin-1").strip().lower()] = value.decode("utf-8", "replace").strip()
    return headers


def stripped(file_name: str) -> str:
    """A file's name without its path ("C:\\Program Files\\file.txt" is "file.txt")."""
    return file_name.replace("\\", "/").rpartition("/")[2]


def key_of(fields: Mapping[str, str]) -> str:
    """The key that a form names. Raises `InvalidArgument` for a form without one, or with an empty one."""
    key = next((value for name, value in fields.items() if name.lower() == "key"), None)
    if key is None:
        raise errors.PostFieldMissing(
            message="Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the "
            "fields.",
            argument_name="key",
            argument_value="",
        )
    if not key:
        raise errors.InvalidArgument(
            message="User key must have a length greater than 0.", argument_name="key", argument_value=""
        )
    return key


class PostAnswer(NamedTuple):
    """What a successful POST answers: the status, its Location, and whether the PostResponse document follows (201)."""

    status: int
    location: str
    has_document: bool


def answer(fields: Mapping[str, str], *, endpoint: str, bucket: str, key: str, e_tag: str) -> PostAnswer:
    """Status and Location by success_action_redirect (or `redirect`) and success_action_status.

    `endpoint` is the bucket's address without a slash at its end; `e_tag` is with quotes. A redirect to something
    that is no URL, and a status other than 200, 201 or 204, are as if not given.
    """
    sent = {name.lower(): value for name, value in fields.items()}
    target = sent.get("success_action_redirect") or sent.get("redirect") or ""
    if _is_url(target):
        mark = "&" if urlsplit(target).query else "?"
        found = f"bucket={quote(bucket, safe='')}&key={quote(key, safe='')}&etag={quote(e_tag, safe='')}"
        address, hash_, fragment = target.partition("#")
        return PostAnswer(303, f"{address.rstrip('?')}{mark}{found}{hash_}{fragment}", False)
    status = sent.get("success_action_status", "")
    number = int(status) if status in ("200", "201", "204") else 204
    return PostAnswer(number, f"{endpoint}/{quote(key, safe='')}", number == 201)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and text.isprintable()
