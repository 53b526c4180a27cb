"""Temporary credentials: an access key, its secret and its session in one sealed token.

Nothing of them is stored: the token that the client sends back says everything, and only this installation can read or
make one. STS issues them; the identities open them.
"""

import base64
import binascii
import hmac
import zlib
from collections.abc import Callable

import msgspec

from groundcloud.identity import BadToken, Session
from groundcloud.sealing import NotOurs, Sealer

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
SECRET_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"  # noqa: S105 - an alphabet
SECRET_LENGTH = 40

_PURPOSE = "session token"
_FIRST = b"\x01"
"""The form of the token; another one gets another byte."""
_PACKED = b"\x02"
"""The same, compressed."""
_LONG = 512


class SessionToken(msgspec.Struct, kw_only=True, array_like=True):
    """What is sealed inside. `kind` is AssumedRole, FederatedUser, User or Root; `entity` is the name of the role or
    user whose policies apply, `entity_id` its unique id: one made anew under the same name is another entity."""

    access_key_id: str
    secret: str
    kind: str
    account: str
    session: Session
    entity: str = ""
    entity_id: str = ""
    padding: str = ""


def issue(token: SessionToken, sealer: Sealer) -> str:
    """The token as the client gets it. Long policies and tags are packed: a token travels in every request's head."""
    data, form = msgspec.msgpack.encode(token), _FIRST
    if len(data) > _LONG:
        data, form = zlib.compress(data), _PACKED
    return base64.b64encode(form + sealer.seal(data, _PURPOSE)).decode()


def read(text: str, access_key_id: str, sealer: Sealer) -> SessionToken:
    """What the token says. Raises `BadToken` for one that is not ours, or not of this key."""
    try:
        data = base64.b64decode(text, validate=True)
        if data[:1] not in (_FIRST, _PACKED):
            raise BadToken()
        opened = sealer.open(data[1:], _PURPOSE)
        if data[:1] == _PACKED:
            opened = zlib.decompress(opened)
        token = msgspec.msgpack.decode(opened, type=SessionToken)
    except (binascii.Error, ValueError, NotOurs) as error:
        raise BadToken() from error
    if not hmac.compare_digest(token.access_key_id.encode(), access_key_id.encode()):
        raise BadToken()
    return token


def new_key_id(prefix: str, account: str, random_text: Callable[[str, int], str]) -> str:
    """A key id (`AKIA...`, `ASIA...`) that says which account it is of, in the bits where AWS's own ids say it: the
    40 bits after the first of the 80 that the sixteen characters stand for."""
    random = 0
    for character in random_text(BASE32, 16):
        random = random << 5 | BASE32.index(character)
    bits = 1 << 79 | int(account) << 39 | random & ((1 << 39) - 1)
    return prefix + "".join(BASE32[bits >> shift & 31] for shift in range(75, -1, -5))


def account_of(key_id: str) -> str:
    """The account that a key id was made for; nothing when it is not of that form."""
    body = key_id[4:]
    if len(body) != 16 or any(character not in BASE32 for character in body):
        return ""
    bits = 0
    for character in body:
        bits = bits << 5 | BASE32.index(character)
    account = bits >> 39 & (1 << 40) - 1
    return f"{account:012d}" if bits >> 79 and account < 10**12 else ""
