"""What all of EC2 shares: tags, the kinds of resources by the prefixes of their ids, and what a call acts on.

Each part of the service registers its records here; nothing here knows one of them.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import Parameter, Signature
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, ClassVar, TypeVar, cast

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.store import Part, Record

R = TypeVar("R", bound="Tagged")


class Tag(Part):
    key: str = ""
    value: str = ""


class TagSpecification(Part):
    """Tags for the resources of one type that a call makes."""

    resource_type: str = ""
    tags: list[Tag] = []


class Tagged(Record, kw_only=True):
    """A resource of an account and a Region that has an id and may have tags."""

    prefix: ClassVar[str]
    """What its ids begin with: `vpc`."""
    resource_type: ClassVar[str]
    """In tag specifications and ARNs: `vpc`."""
    absent: ClassVar[type[AwsError]]

    tags: list[Tag] = []

    @property
    def id(self) -> str:
        return cast(str, self.key_values()[2])

    @property
    def owner(self) -> str:
        return cast(str, self.key_values()[0])

    @property
    def place(self) -> str:
        """Its Region."""
        return cast(str, self.key_values()[1])

    @property
    def arn(self) -> str:
        return f"arn:aws:ec2:{self.place}:{self.owner}:{self.resource_type}/{self.arn_name}"

    @property
    def arn_name(self) -> str:
        """What its ARN ends with; the id but for what AWS names by a name."""
        return self.id

    def tag_map(self) -> dict[str, str]:
        return {tag.key: tag.value for tag in self.tags}

    def facts(self) -> dict[str, str | Sequence[str]]:
        """Condition keys, lower case, that describe it."""
        return {}

    def related(self) -> dict[str, str | Sequence[str]]:
        """Condition keys that it gives to what is made in it: a subnet's VPC."""
        return {}


KINDS: dict[str, type[Tagged]] = {}
"""The records of EC2's resources by the prefixes of their ids."""


def register(*kinds: type[Tagged]) -> None:
    """Make kinds of resources known, so that they can be tagged and named in permissions."""
    for kind in kinds:
        KINDS[kind.prefix] = kind


def kind_of(resource_id: str) -> type[Tagged] | None:
    """The kind of a resource by its id: `sg-0123...` is a security group."""
    return KINDS.get(resource_id.rpartition("-")[0])


def kind_named(resource_type: str) -> type[Tagged] | None:
    """The kind by its name in tag specifications: `security-group`."""
    return next((kind for kind in KINDS.values() if kind.resource_type == resource_type), None)


# -- what a call acts on


def as_resource(record: Tagged, action: str = "") -> Resource:
    """A resource as policies see it."""
    facts = {"ec2:region": record.place, **record.facts()}
    return Resource(record.arn, record.owner, record.tag_map(), action=action, facts=facts)


def on(*arguments: str, makes: str = "", by: str = "") -> Callable[..., list[Resource]]:
    """For `@operation(on=)`: the resources whose ids these arguments give, and what the call makes.

    `makes` is the type of what is made, and `by` the operation that makes it: tags that it brings need the permission
    `ec2:CreateTags` too, where `ec2:CreateAction` is that operation. What is not there is asked for by its ARN alone;
    the operation says that it is not there once the caller is known to be allowed.
    """
    parameters = [*arguments, "tag_specifications"] if makes else list(arguments)

    def resources(ctx: Context, **given: Any) -> list[Resource]:
        facts: dict[str, str | Sequence[str]] = {"ec2:region": ctx.region}
        found = []
        for resource_id in _ids(given[name] for name in arguments):
            kind = kind_of(resource_id)
            record = ctx.get(kind, resource_id) if kind is not None else None
            if record is not None:
                found.append(as_resource(record))
                facts.update(record.related())
            elif kind is not None:
                found.append(Resource(ctx.arn(f"{kind.resource_type}/{resource_id}"), facts={"ec2:region": ctx.region}))
        if makes:
            found += made(ctx, makes, by, given["tag_specifications"], facts)
        return found or [Resource("*", facts=facts)]

    ctx_first = [Parameter("ctx", Parameter.POSITIONAL_OR_KEYWORD)]
    named = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in parameters]
    resources.__signature__ = Signature(ctx_first + named)  # type: ignore[attr-defined]  # which arguments it asks for
    return resources


def made(
    ctx: Context,
    resource_type: str,
    by: str,
    specifications: Sequence[TagSpecification],
    facts: Mapping[str, str | Sequence[str]],
    name: str = "*",
) -> list[Resource]:
    """What a call is about to make, and the tagging of it. `name`: what its ARN ends with, where the caller says it."""
    arn = ctx.arn(f"{resource_type}/{name}")
    found = [Resource(arn, facts=facts)]
    if any(each.resource_type == resource_type and each.tags for each in specifications or ()):
        found.append(Resource(arn, action="ec2:CreateTags", facts={**facts, "ec2:createaction": by}))
    return found


def _ids(values: Iterator[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            if value:
                yield value
        elif value:
            yield from value


# -- finding


def find_all(ctx: Context, kind: type[R], ids: Sequence[str]) -> list[R]:
    """The records of these ids, each once. Raises the kind's absence, naming all that are absent."""
    found = {one: ctx.get(kind, one) for one in ids}
    absent = [one for one, record in found.items() if record is None]
    if absent:
        named = f"s '{', '.join(absent)}' do" if len(absent) > 1 else f" '{absent[0]}' does"
        raise kind.absent(named=named)
    return [record for record in found.values() if record is not None]


def find(ctx: Context, kind: type[R], one: str) -> R:
    """The record of this id. Raises the kind's absence."""
    return find_all(ctx, kind, [one])[0]


# -- ranges

_RANGE = re.compile(r"[0-9a-fA-F:.]+/\d{1,3}")


def parse_range(text: str, name: str) -> IPv4Network | IPv6Network:
    """A range as AWS takes it: bits below the mask are dropped. Raises `InvalidParameterValue`."""
    try:
        if _RANGE.fullmatch(text):
            return ip_network(text, strict=False)
    except ValueError:
        pass
    raise errors.InvalidParameterValue(
        reason=f"Value ({text}) for parameter {name} is invalid. This is not a valid CIDR block."
    )
