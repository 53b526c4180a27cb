"""Finding a REST operation by method, path and query: a tree of path segments per method, compiled once.

Several operations may share a path. Literal query keys (`?acl`, `?list-type=2`) decide first; then members that an
operation requires in the query or in headers (UploadPart, CopyObject), as far as the request has them.
"""

from collections.abc import Iterator, Mapping
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


class Step:
    """A node of the tree: what may follow in the path."""

    __slots__ = ("greedy", "label", "literal", "targets")

    def __init__(self) -> None:
        self.literal: dict[str, Step] = {}
        self.label: Step | None = None
        self.greedy: list[tuple[tuple[str, ...], list[Target]]] = []
        """What stands after a greedy label, longest first."""
        self.targets: list[Target] = []


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
        step.targets.append(target)

    def _add_greedy(self, step: Step, tail: tuple[str, ...], target: Target) -> None:
        target.labels.extend(part[1:-1] for part in tail if part.startswith("{"))
        shape = tuple("{}" if part.startswith("{") else part for part in tail)
        for known, targets in step.greedy:
            if known == shape:
                targets.append(target)
                return
        step.greedy.append((shape, [target]))
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
            for targets, values in _walk(root, segments, 0, ()):
                target = _best(targets, wanted, headers)
                if target is not None:
                    decoded = (unquote_to_bytes(value).decode("utf-8") for value in values)
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


def _best(targets: list[Target], query: Mapping[str, str], headers: Mapping[str, str]) -> Target | None:
    fitting = [target for target in targets if target.matches(query)]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    fitting = [target for target in fitting if target.literals] or fitting
    return max(fitting, key=lambda target: target.fitness(query, headers))


Found = tuple[list[Target], tuple[str, ...]]


def _walk(step: Step, segments: list[str], at: int, values: tuple[str, ...]) -> Iterator[Found]:
    """Every end that the path leads to, the most literal first."""
    if at == len(segments):
        if step.targets:
            yield step.targets, values
        return
    segment = segments[at]
    below = step.literal.get(segment)
    if below is not None:
        yield from _walk(below, segments, at + 1, values)
    if step.label is not None and segment:
        yield from _walk(step.label, segments, at + 1, (*values, segment))
    for tail, targets in step.greedy:
        end = len(segments) - len(tail)
        greedy = "/".join(segments[at:end])
        if end > at and greedy:
            held = _tail_values(tail, segments[end:])
            if held is not None:
                yield targets, (*values, greedy, *held)


def _tail_values(tail: tuple[str, ...], segments: list[str]) -> tuple[str, ...] | None:
    values = []
    for wanted, segment in zip(tail, segments, strict=True):
        if wanted == "{}":
            values.append(segment)
        elif wanted != segment:
            return None
    return tuple(values)
