"""The one bridge between AWS's spelling (`VpcId`) and Python's (`vpc_id`)."""

import keyword
from functools import cache

from botocore import xform_name


@cache
def snake(name: str) -> str:
    """An operation's or a member's name in Python; a Python keyword gets a trailing underscore."""
    name = xform_name(name).replace("-", "_").replace(".", "_")
    return name + "_" if keyword.iskeyword(name) else name


def uuid_text(chance: bytes) -> str:
    """Sixteen random bytes as a UUID of version 4 (RFC 9562)."""
    text = chance.hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
