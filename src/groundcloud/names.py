"""The one bridge between AWS's spelling (`VpcId`) and Python's (`vpc_id`)."""

import keyword
from functools import cache

from botocore import xform_name


@cache
def snake(name: str) -> str:
    """An operation's or a member's name in Python; a Python keyword gets a trailing underscore."""
    name = xform_name(name).replace("-", "_").replace(".", "_")
    return name + "_" if keyword.iskeyword(name) else name
