"""Names of parameters: what they may be, how a call names one, and what policies see of it."""

import re
from typing import NamedTuple

from groundcloud.context import Context
from groundcloud.resource import Resource
from groundcloud.services.ssm import errors
from groundcloud.services.ssm.records import Parameter

_NAME = re.compile(r"[A-Za-z0-9_.-]+|(?:/[A-Za-z0-9_.-]+)+")
_ARN = re.compile(r"arn:aws[a-z-]*:ssm:([a-z0-9-]+):(\d{12}):parameter/(.+)")
PUBLIC = "/aws/"


class Selected(NamedTuple):
    """A parameter's name, and the version or label that is asked for."""

    name: str
    selector: str = ""


def arn_of(ctx: Context, name: str) -> str:
    return ctx.arn(f"parameter/{name.removeprefix('/')}")


def check_new_name(name: str) -> None:
    """Raises what AWS answers to a name that cannot be."""
    if re.match(r"/?aws(?:[/._-]|$)", name, re.IGNORECASE):
        raise errors.ReservedName(name=name)
    if re.match(r"/?ssm", name, re.IGNORECASE):
        raise errors.InvalidName()
    if "/" in name and not name.startswith("/"):
        raise errors.ValidationException(reason="Parameter name must be a fully qualified name.")
    if not _NAME.fullmatch(name):
        raise errors.InvalidName()
    if name.count("/") > 15:
        raise errors.TooManyLevels()


def selected(ctx: Context, name: str) -> Selected:
    """What `name`, `name:3`, `name:label` or an ARN means. Raises `ValidationException`."""
    found = _ARN.fullmatch(name)
    if found is not None:
        if (found[1], found[2]) != (ctx.region, ctx.account):
            raise errors.NoSuchParameter()
        name, _, selector = found[3].partition(":")
        full = f"/{name}"
        return Selected(full if "/" in name or ctx.get(Parameter, full) is not None else name, selector)
    plain, _, selector = name.strip().partition(":")
    if not _NAME.fullmatch(plain):
        raise errors.InvalidName()
    return Selected(plain, selector)


# -- what operations declare


def of(ctx: Context, name: str) -> Resource:
    """A parameter as policies see it."""
    found = ctx.get(Parameter, name)
    tags = {tag.key: tag.value for tag in found.tags} if found is not None and found.tags else None
    return Resource(arn_of(ctx, name), tags=tags)


def parameter(ctx: Context, name: str) -> Resource:
    if name.startswith("arn:") and (found := _ARN.fullmatch(name)) is not None:
        return Resource(name.partition(f"{found[3]}")[0] + found[3].partition(":")[0], account=found[2])
    return of(ctx, name.strip().partition(":")[0])


def parameters(ctx: Context, names: list[str]) -> list[Resource]:
    return [parameter(ctx, name) for name in names]


def path(ctx: Context, path: str) -> Resource:
    return Resource(arn_of(ctx, path))
