"""Receipt handles: which receive of which message, sealed so that nobody makes one up."""

import base64
import binascii
import struct
from typing import NamedTuple

from groundcloud.sealing import NotOurs, Sealer
from groundcloud.services.sqs.errors import ReceiptHandleIsInvalid

_PURPOSE = "sqs receipt"
_packed = struct.Struct(">QQQIQ16s")
_NO_GROUP = bytes(16)


class Receipt(NamedTuple):
    """`at` and `received` are milliseconds: until when that receive hides the message, and when it was."""

    queue: int
    sequence: int
    at: int
    receives: int
    received: int
    group: bytes = _NO_GROUP


def handle(sealer: Sealer, receipt: Receipt) -> str:
    """The receipt as the API shows it."""
    data = _packed.pack(*receipt[:5], receipt.group or _NO_GROUP)
    return base64.b64encode(sealer.seal(data, _PURPOSE)).decode()


def receipt(sealer: Sealer, text: str, queue: int, before: int = 0) -> Receipt:
    """The receipt that a handle is; of a message that a purge removed, one that meets no message. `before` is the
    queue's number before that. Raises `ReceiptHandleIsInvalid` for what is none of this queue's."""
    try:
        found = Receipt(*_packed.unpack(sealer.open(base64.b64decode(text, validate=True), _PURPOSE)))
    except (NotOurs, binascii.Error, struct.error, ValueError) as flaw:
        raise ReceiptHandleIsInvalid(handle=text) from flaw
    if before and found.queue == before:
        return found._replace(sequence=0)
    if found.queue != queue:
        raise ReceiptHandleIsInvalid(handle=text)
    return found
