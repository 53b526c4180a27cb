"""Making messages (RFC 5322) out of what requests have."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses, parseaddr

from groundcloud.services.ses.errors import InvalidParameterValue
from groundcloud.store import Part

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_HEADER_NAME = re.compile(r"[!-9;-~]{1,126}")
_LINE = re.compile(rb"\r\n|\n|\r")


class Content(Part):
    data: str
    charset: str | None = None


class Body(Part):
    text: Content | None = None
    html: Content | None = None


class Message(Part):
    subject: Content
    body: Body


class Destination(Part):
    to_addresses: list[str] | None = None
    cc_addresses: list[str] | None = None
    bcc_addresses: list[str] | None = None

    @property
    def all(self) -> list[str]:
        return [*(self.to_addresses or ()), *(self.cc_addresses or ()), *(self.bcc_addresses or ())]


class Whole(Part):
    """A message's words, wherever they come from."""

    subject: str
    text: str | None = None
    html: str | None = None


def words(message: Message) -> Whole:
    text, html = message.body.text, message.body.html
    return Whole(message.subject.data, text.data if text else None, html.data if html else None)


def bare(address: str) -> str:
    """`ann@example.com` of `Ann <ann@example.com>`. Raises `InvalidParameterValue`."""
    found = parseaddr(address)[1]
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", found):
        raise InvalidParameterValue(reason="Missing final '@domain'" if "@" not in address else "Illegal address")
    return found


def composed(
    source: str,
    destination: Destination,
    content: Whole,
    replies: Sequence[str] = (),
    headers: Iterable[tuple[str, str]] = (),
) -> bytes:
    """The message with its headers; nobody sees who gets a blind copy. Raises `InvalidParameterValue`."""
    message = EmailMessage(policy=SMTP)
    lists: Mapping[str, Sequence[str] | None] = {
        "From": [source], "To": destination.to_addresses, "Cc": destination.cc_addresses, "Reply-To": replies
    }  # fmt: skip
    try:
        for name, addresses in lists.items():
            if addresses:
                pairs = getaddresses(list(addresses))
                message[name] = [Address(display_name=shown, addr_spec=address) for shown, address in pairs]
        message["Subject"] = " ".join(content.subject.splitlines())
        for name, value in headers:
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(name)
            message[name] = value
    except (HeaderParseError, ValueError, IndexError) as error:
        raise InvalidParameterValue(reason=f"Illegal address or header: {error}") from error
    if content.text is not None:
        message.set_content(content.text)
    if content.html is not None and content.text is not None:
        message.add_alternative(content.html, subtype="html")
    elif content.html is not None:
        message.set_content(content.html, subtype="html")
    elif content.text is None:
        message.set_content("")
    return message.as_bytes()


def preview(content: Whole, now: datetime) -> str:
    """A message as it would be, from and to nobody."""
    made = composed("preview@groundcloud.invalid", Destination(), content).decode()
    return f"Date: {format_datetime(now)}\r\n" + made.partition("\r\n")[2]


def raw_parties(data: bytes) -> tuple[str, list[str]]:
    """Who a whole message says that it comes from and goes to."""
    headers = message_from_bytes(_HEADER_END.split(data, 1)[0] + b"\r\n\r\n")
    fields = [str(value) for name in ("To", "Cc", "Bcc") for value in headers.get_all(name, [])]
    return str(headers.get("From", "")), [address for _, address in getaddresses(fields) if address]


def stamped(data: bytes, message_id: str, region: str, now: datetime) -> bytes:
    """A message with its id and its date, without the list of those who get a blind copy."""
    found = _HEADER_END.search(data)
    head, body = (data[: found.start()], data[found.end() :]) if found else (data, b"")
    kept: list[bytes] = []
    dropped = dated = False
    for line in _LINE.split(head):
        if line[:1] not in b" \t" or not line:
            name = line.partition(b":")[0].strip().lower()
            dropped = name in (b"bcc", b"message-id") or not line
            dated = dated or name == b"date"
        if not dropped:
            kept.append(line)
    host = "email.amazonses.com" if region == "us-east-1" else f"{region}.amazonses.com"
    kept.append(f"Message-ID: <{message_id}@{host}>".encode())
    if not dated:
        kept.append(f"Date: {format_datetime(now)}".encode())
    return b"\r\n".join(kept) + b"\r\n\r\n" + body
