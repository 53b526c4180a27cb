"""Values made from a service model, deterministic, with what each side of the wire should show of them.

`make` gives a value in botocore's names; `ours` turns it into what this cloud's parsers should give (and its writers
take) for the same shape.
"""

import base64
import os
from datetime import UTC, datetime, timedelta
from functools import cache

from botocore.loaders import Loader
from botocore.model import ServiceModel

from groundcloud.names import snake

START = datetime(2030, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)
MAX_DEPTH = 7
MAX_VALUES = 250
OMIT = object()


@cache
def loader():
    return Loader()


@cache
def service_names():
    return loader().list_available_services("service-2")


def service(name):
    return ServiceModel(loader().load_service_model(name, "service-2"), name)


class Maker:
    """Makes values of one operation; `full` for all members, else those required."""

    def __init__(self, protocol, full):
        self.protocol = protocol
        self.full = full
        self.count = 0

    def make(self, shape, depth=0, top=False):
        self.count += 1
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, depth, top)
        if kind == "list":
            items = [self.make(shape.member, depth + 1) for _ in range(2)]
            return OMIT if OMIT in items else items
        if kind == "map":
            if shape.serialization.get("location") == "headers":
                return {f"key-{n}": f"a {n}; b" for n in range(2)}
            pairs = [(self.make(shape.key, depth + 1), self.make(shape.value, depth + 1)) for _ in range(2)]
            return OMIT if any(OMIT in pair for pair in pairs) else dict(pairs)
        return self.scalar(shape)

    def structure(self, shape, depth, top):
        if shape.is_document_type:
            return {"text": "é", "list": [1, 2.5, None, True], "deep": {"a": []}}
        names = list(shape.members)
        if not self.full:
            names = [name for name in names if name in shape.required_members]
        if shape.is_tagged_union:
            names = [list(shape.members)[self.count % len(shape.members)]]
        made = {}
        for name in names:
            member = shape.members[name]
            required = name in shape.required_members
            if member.serialization.get("eventstream"):
                continue
            if not top and (depth > MAX_DEPTH or (self.count > MAX_VALUES and not required)):
                continue
            if depth > 3 * MAX_DEPTH:
                continue
            value = self.make(member, depth + 1)
            if value is not OMIT:
                made[name] = value
        hollow = not made and (shape.is_tagged_union or self.protocol in ("query", "ec2"))
        return OMIT if hollow and not top else made

    def scalar(self, shape):
        kind, n = shape.type_name, self.count
        if kind == "string":
            if shape.serialization.get("jsonvalue") and shape.serialization.get("location") == "header":
                return {"n": n, "é": [None, "x"]}
            return self.string(shape)
        if kind in ("integer", "long"):
            return n if shape.serialization.get("location") == "statusCode" else -n if n % 7 == 0 else n
        if kind in ("float", "double"):
            return n + 0.25
        if kind == "boolean":
            return n % 2 == 0
        if kind == "blob":
            return b"\x00\xff<&" + str(n).encode()
        assert kind == "timestamp", kind
        return START + timedelta(days=n)

    def string(self, shape):
        traits = shape.serialization
        if traits.get("hostLabel"):
            return f"host-{self.count}"
        if traits.get("location") == "uri":
            return f"a {self.count}/b%c+é&?x"
        if traits.get("location") in ("header", "headers"):
            return f'a "{self.count}", b; c=<&>'
        return f"é {self.count} <a href=\"x\">&amp;\t\n]]> 'b' 漢"


def ours(shape, value, structure=dict, as_is=frozenset()):
    """The value in this cloud's names (a structure made by `structure`); what a format cannot carry is taken off.
    Shapes in `as_is` are in the wire's form."""
    kind = shape.type_name
    if value is None:
        return None
    if shape.name in as_is:
        return on_the_wire(value)
    if kind == "structure":
        if shape.is_document_type:
            return value
        return structure(
            **{snake(name): ours(shape.members[name], one, structure, as_is) for name, one in value.items()}
        )
    if kind == "list":
        return [ours(shape.member, one, structure, as_is) for one in value]
    if kind == "map":
        return {key: ours(shape.value, one, structure, as_is) for key, one in value.items()}
    if kind == "timestamp":
        return seen_timestamp(shape, value)
    return value


def on_the_wire(value):
    """JSON's own form: blobs are base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: on_the_wire(one) for key, one in value.items()}
    return [on_the_wire(one) for one in value] if isinstance(value, list) else value


def seen_timestamp(shape, value):
    """Headers and HTTP dates carry whole seconds."""
    traits = shape.serialization
    if traits.get("location") == "header" or traits.get("timestampFormat") == "rfc822":
        return value.replace(microsecond=0)
    return value


def seen(shape, value):
    """An output in botocore's names as it can be read from the wire."""
    kind = shape.type_name
    if kind == "structure" and not shape.is_document_type:
        return {name: seen(shape.members[name], one) for name, one in value.items()}
    if kind == "list":
        return [seen(shape.member, one) for one in value]
    if kind == "map":
        return {key: seen(shape.value, one) for key, one in value.items()}
    if kind == "timestamp":
        return seen_timestamp(shape, value)
    return value


def protocols_of(model):
    return list(model.metadata.get("protocols") or [model.metadata["protocol"]])


def shard(names):
    """All services, or those that a run was asked for."""
    wanted = os.environ.get("GROUNDCLOUD_TEST_SERVICES")
    return [name for name in names if name in wanted.split(",")] if wanted else names
