"""Finding a REST operation by method, path and query: a tree of path segments per method, compiled once.

Several operations may share a path. Literal query keys (`?acl`, `?list-type=2`) decide first; then members that an
operation requires in the query or in headers (UploadPart, CopyObject), as far as the request has them.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from botocore.model import OperationModel, ServiceModel

from groundcloud.gateway.protocol.query import decode
from groundcloud.gateway.protocol.repairs import repairs_of
from groundcloud.gateway.protocol.values import wire_name

_NO_HEADERS: Mapping[str, str] = {}


class Target:
    """One operation at the end of a path."""

    __slots__ = ("headers", "labels", "literals", "name", "parameters", "rank")

    def __init__(self, operation: OperationModel, labels: list[str], query: str, rank: int) -> None:
        self.name = operation.name
        self.labels = labels
        pairs = (piece.partition("=") for piece in query.split("&") if piece)
        self.literals = {key: value if equals else None for key, equals, value in pairs}
        shape = operation.input_shape
        self.parameters = required_at(shape, "querystring") - self.literals.keys()
        self.headers = {name.lower() for name in required_at(shape, "header")}
        self.rank = rank

    def matches(self, query: Mapping[str, str]) -> bool:
        for key, value in self.literals.items():
            if key not in query or (value is not None and query[key] != value):
                return False
        return True

    def fitness(self, query: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, int, int, int]:
        """More is better: fewest required members missing, most literals, most of the request explained."""
        missing = sum(name not in query for name in self.parameters) + sum(name not in headers for name in self.headers)
        explained = len(self.parameters) + len(self.headers)
        return (-missing, len(self.literals), explained, self.rank)


def required_at(shape: Any, location: str) -> set[str]:
    """Names on the wire of the required members at a location."""
    if shape is None:
        return set()
    found = ((name, shape.members[name]) for name in shape.required_members if name in shape.members)
    return {wire_name(member, name) for name, member in found if member.serialization.get("location") == location}


class End:
    """The operations that share a path."""

    __slots__ = ("_fittest", "_told_by", "literal", "plain")

    def __init__(self) -> None:
        self._told_by: tuple[list[str], list[str]] = [], []
        """The query's keys and the headers by which the plain ones are told apart."""
        self._fittest: dict[tuple[bool, ...], Target] = {}
        """The plain one that is meant, by which of those a request has."""
        self.plain: list[Target] = []
        """Those whose template has no query."""
        self.literal: dict[str, list[Target]] = {}
        """The others by the first key of their query."""

    def add(self, target: Target) -> None:
        key = next(iter(target.literals), None)
        (self.plain if key is None else self.literal.setdefault(key, [])).append(target)
        self._told_by = (
            sorted({name for each in self.plain for name in each.parameters}),
            sorted({name for each in self.plain for name in each.headers}),
        )
        self._fittest.clear()

    def best(self, query: Mapping[str, str], headers: Mapping[str, str]) -> Target | None:
        """The operation that a request means; literal query keys go before everything."""
        if query and self.literal:
            named = (target for key in query if key in self.literal for target in self.literal[key])
            fitting = [target for target in named if target.matches(query)]
            if fitting:
                return fitting[0] if len(fitting) == 1 else max(fitting, key=lambda one: one.fitness(query, headers))
        if len(self.plain) < 2:
            return self.plain[0] if self.plain else None
        keys, names = self._told_by
        has = (*[key in query for key in keys], *[name in headers for name in names])
        found = self._fittest.get(has)
        if found is None:
            found = self._fittest[has] = max(self.plain, key=lambda one: one.fitness(query, headers))
        return found


class Step:
    """A node of the tree: what may follow in the path."""

    __slots__ = ("end", "greedy", "label", "literal")

    def __init__(self) -> None:
        self.literal: dict[str, Step] = {}
        self.label: Step | None = None
        self.greedy: list[tuple[tuple[str, ...], End]] = []
        """What stands after a greedy label, longest first."""
        self.end: End | None = None


class RestRouter:
    """All operations of one REST service."""

    def __init__(self, service: ServiceModel) -> None:
        self.methods: dict[str, Step] = {}
        preferred: list[str] = repairs_of(service.service_name).get("preferred_operations", [])
        for name in service.operation_names:
            operation = service.operation_model(name)
            self._add(operation, 1 if name in preferred else 0)

    def _add(self, operation: OperationModel, rank: int) -> None:
        path, _, query = operation.http["requestUri"].partition("?")
        step = self.methods.setdefault(operation.http["method"], Step())
        segments = path.lstrip("/").split("/")
        labels: list[str] = []
        target = Target(operation, labels, query, rank)
        for position, segment in enumerate(segments):
            if segment.startswith("{") and segment.endswith("}"):
                labels.append(segment[1:-1].rstrip("+"))
                if segment.endswith("+}"):
                    tail = tuple(segments[position + 1 :])
                    self._add_greedy(step, tail, target)
                    return
                if step.label is None:
                    step.label = Step()
                step = step.label
            else:
                step = step.literal.setdefault(segment, Step())
        if step.end is None:
            step.end = End()
        step.end.add(target)

    def _add_greedy(self, step: Step, tail: tuple[str, ...], target: Target) -> None:
        target.labels.extend(part[1:-1] for part in tail if part.startswith("{"))
        shape = tuple("{}" if part.startswith("{") else part for part in tail)
        end = next((known for tail_shape, known in step.greedy if tail_shape == shape), None)
        if end is None:
            end = End()
            step.greedy.append((shape, end))
        end.add(target)
        step.greedy.sort(key=lambda one: -len(one[0]))

    def match(
        self, method: str, raw_path: str, query: str, headers: Mapping[str, str] = _NO_HEADERS
    ) -> tuple[str, dict[str, str]] | None:
        """The operation's name and its labels, percent-decoded; None when no operation has this path.

        `raw_path` and `query` are as they were sent; header names are lower case. Labels that are not UTF-8 match
        nothing.
        """
        root = self.methods.get(method)
        if root is None:
            return None
        try:
            wanted = _query_keys(query)
            segments = raw_path[1:].split("/")
            found = _find(root, segments, 0, (), wanted, headers)
            if found is not None:
                target, values = found
                decoded = (unquote_to_bytes(value).decode("utf-8") if "%" in value else value for value in values)
                return target.name, dict(zip(target.labels, decoded, strict=True))
        except UnicodeDecodeError:
            return None
        if len(segments) > 1 and segments[-1] == "":
            return self.match(method, raw_path[:-1], query, headers)
        return None


def _query_keys(query: str) -> dict[str, str]:
    found = {}
    for piece in query.split("&") if query else ():
        key, _, value = piece.partition("=")
        found[decode(key)] = decode(value)
    return found


Found = tuple[Target, tuple[str, ...]]


def _find(
    step: Step,
    segments: list[str],
    at: int,
    values: tuple[str, ...],
    query: Mapping[str, str],
    headers: Mapping[str, str],
) -> Found | None:
    """The operation that the path leads to and its labels' values, by the most literal way there is."""
    if at == len(segments):
        target = step.end.best(query, headers) if step.end is not None else None
        return (target, values) if target is not None else None
    segment = segments[at]
    below = step.literal.get(segment)
    if below is not None and (found := _find(below, segments, at + 1, values, query, headers)):
        return found
    if step.label is not None and segment:
        found = _find(step.label, segments, at + 1, (*values, segment), query, headers)
        if found:
            return found
    for tail, end in step.greedy:
        stop = len(segments) - len(tail)
        greedy = "/".join(segments[at:stop])
        held = _tail_values(tail, segments[stop:]) if greedy else None
        target = end.best(query, headers) if held is not None else None
        if held is not None and target is not None:
            return target, (*values, greedy, *held)
    return None


def _tail_values(tail: tuple[str, ...], segments: list[str]) -> tuple[str, ...] | None:
    values = []
    for wanted, segment in zip(tail, segments, strict=True):
        if wanted == "{}":
            values.append(segment)
        elif wanted != segment:
            return None
    return tuple(values)
