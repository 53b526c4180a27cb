"""Arguments checked against the model, all violations in one error with AWS's words.

Compiled once per operation. Which constraints a service enforces, and under which code, is data (validation.json).
What only the service itself can know (formats of ids, combinations) is not checked here.
"""

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from types import new_class
from typing import Any, NamedTuple

from botocore.model import OperationModel

from groundcloud.errors import AwsError
from groundcloud.gateway.constraints import ALL, Constraint, constraints_of, shown
from groundcloud.gateway.protocol.repairs import as_is
from groundcloud.names import snake

Check = Callable[[Any, str, list[str]], None]


class Rules(NamedTuple):
    """How one service validates."""

    error: type[AwsError]
    enforced: frozenset[str]
    missing: type[AwsError] | None
    """For services that name the first missing parameter in an error of its own."""
    missing_text: str


@cache
def error_class(code: str) -> type[AwsError]:
    """An error class for a code whose message is made here."""
    return new_class(code, (AwsError,), {"code": code}, lambda body: body.update(__doc__="{message}"))


@cache
def _settings() -> dict[str, dict[str, Any]]:
    text = files("groundcloud.gateway").joinpath("validation.json").read_text("utf-8")
    loaded: dict[str, dict[str, Any]] = json.loads(text)
    return loaded


@cache
def rules_for(service_name: str, protocol: str) -> Rules:
    """A service's rules: its own settings over those of its protocol."""
    settings = _settings()["protocols"][protocol] | _settings()["services"].get(service_name, {})
    missing = settings.get("missing")
    return Rules(
        error_class(settings["code"]),
        ALL - frozenset(settings.get("not_enforced", ())),
        error_class(missing["code"]) if missing else None,
        missing["message"] if missing else "",
    )


def input_validator(operation: OperationModel, protocol: str | None = None) -> Callable[[dict[str, Any]], None] | None:
    """A function that raises the service's validation error for arguments that the model forbids.

    None when the model forbids nothing. Message form: "1 validation error detected: Value '' at 'userName' failed to
    satisfy constraint: Member must have length greater than or equal to 1".
    """
    shape = operation.input_shape
    if shape is None:
        return None
    service = operation.service_model
    rules = rules_for(service.service_name, protocol or service.metadata["protocol"])
    check = Checks(rules.enforced, as_is(service.service_name)).structure(shape)
    first = _first_missing(shape, rules) if rules.missing is not None else None
    if check is None and first is None:
        return None

    def validate(arguments: dict[str, Any]) -> None:
        if first is not None:
            first(arguments)
        if check is not None:
            found: list[str] = []
            check(arguments, "", found)
            if found:
                raise rules.error(message=_message(found))

    return validate


def _message(found: list[str]) -> str:
    errors = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {errors} detected: {'; '.join(found)}"


def _first_missing(shape: Any, rules: Rules) -> Callable[[dict[str, Any]], None] | None:
    required = [(snake(name), name) for name in shape.required_members]
    error = rules.missing
    if not required or error is None:
        return None

    def check(arguments: dict[str, Any]) -> None:
        for name, member in required:
            if name not in arguments:
                raise error(message=rules.missing_text.format(member=member))

    return check


def path_name(member: str) -> str:
    """A member in an error's path: its name with the first letter in lower case."""
    return member[:1].lower() + member[1:]


class Checks:
    """Compiles shapes to checks; None for shapes that allow everything. Structures may be recursive."""

    def __init__(self, enforced: frozenset[str], as_is: frozenset[str] = frozenset()) -> None:
        self.enforced = enforced
        self.as_is = as_is
        self.structures: dict[str, Check | None] = {}
        self.open: dict[str, bool] = {}

    def check(self, shape: Any) -> Check | None:
        """The check of one shape: appends violations found in a value at a path."""
        kind = shape.type_name
        if shape.name in self.as_is:
            return None
        if kind == "structure":
            return self.structure(shape)
        own = constraints_of(shape, self.enforced)
        sensitive = bool(shape.metadata.get("sensitive"))
        if kind == "list":
            return self.of_list(shape, own, sensitive)
        if kind == "map":
            return self.of_map(shape, own, sensitive)
        return own_check(own, sensitive)

    def structure(self, shape: Any) -> Check | None:
        if shape.is_document_type:
            return None
        if shape.name in self.structures:
            if shape.name in self.open:
                self.open[shape.name] = True  # recursive: keep the check, whatever it will hold
            return self.structures[shape.name]
        required: list[tuple[str, str]] = []
        members: list[tuple[str, str, Check]] = []
        self.structures[shape.name] = structure_check(required, members)
        self.open[shape.name] = False
        if "required" in self.enforced:
            required += [(snake(name), path_name(name)) for name in shape.required_members if name in shape.members]
        for name, member in shape.members.items():
            one = None if member.serialization.get("eventstream") else self.check(member)
            if one is not None:
                members.append((snake(name), path_name(name), one))
        recursive = self.open.pop(shape.name)
        if not required and not members and not recursive:
            self.structures[shape.name] = None
        return self.structures[shape.name]

    def of_list(self, shape: Any, own: list[Constraint], sensitive: bool) -> Check | None:
        item = shape.member
        if item.type_name in ("structure", "list", "map"):
            return both(own_check(own, sensitive), items_check(self.check(item)))
        inner = constraints_of(item, self.enforced)
        hidden = sensitive or bool(item.metadata.get("sensitive"))
        return both(own_check(own, sensitive), each_check(inner, hidden, "Member must satisfy constraint", iter))

    def of_map(self, shape: Any, own: list[Constraint], sensitive: bool) -> Check | None:
        keys = constraints_of(shape.key, self.enforced)
        value = shape.value
        hidden = sensitive or bool(value.metadata.get("sensitive"))
        check = both(own_check(own, sensitive), each_check(keys, hidden, "Map keys must satisfy constraint", iter))
        if value.type_name in ("structure", "list", "map"):
            return both(check, entries_check(self.check(value)))
        inner = constraints_of(value, self.enforced)
        return both(check, each_check(inner, hidden, "Map value must satisfy constraint", dict.values))


def structure_check(required: list[tuple[str, str]], members: list[tuple[str, str, Check]]) -> Check:
    """Required members first, then what is in the members."""

    def check(value: Any, path: str, found: list[str]) -> None:
        for name, label in required:
            if name not in value:
                found.append(f"Value null at '{path}{label}' failed to satisfy constraint: Member must not be null")
        for name, label, one in members:
            item = value.get(name)
            if item is not None:
                one(item, path + label, found)

    return check


def own_check(constraints: list[Constraint], sensitive: bool) -> Check | None:
    """The constraints of a value itself."""
    if not constraints:
        return None

    def check(value: Any, path: str, found: list[str]) -> None:
        for holds, text in constraints:
            if not holds(value):
                found.append(f"Value{shown(value, sensitive)} at '{path}' failed to satisfy constraint: {text}")

    return check


def each_check(
    constraints: list[Constraint], sensitive: bool, prefix: str, parts: Callable[[Any], Any]
) -> Check | None:
    """The constraints of scalars in a list or map: one violation for the whole, naming all that each must satisfy."""
    if not constraints:
        return None
    texts = ", ".join(text for _, text in constraints)

    def check(value: Any, path: str, found: list[str]) -> None:
        for part in parts(value):
            if part is not None and not all(holds(part) for holds, _ in constraints):
                quoted = shown(value, sensitive)
                found.append(f"Value{quoted} at '{path}' failed to satisfy constraint: {prefix}: [{texts}]")
                return

    return check


def items_check(inner: Check | None) -> Check | None:
    """The checks of structures in a list: `tags.1.member.key`."""
    if inner is None:
        return None

    def check(value: Any, path: str, found: list[str]) -> None:
        for at, item in enumerate(value, 1):
            if item is not None:
                inner(item, f"{path}.{at}.member" + ("." if type(item) is dict else ""), found)

    return check


def entries_check(inner: Check | None) -> Check | None:
    """The checks of structures in a map: `requestItems.key.member.name`."""
    if inner is None:
        return None

    def check(value: Any, path: str, found: list[str]) -> None:
        for key, item in value.items():
            if item is not None:
                inner(item, f"{path}.{key}.member" + ("." if type(item) is dict else ""), found)

    return check


def both(first: Check | None, second: Check | None) -> Check | None:
    """One check after the other."""
    if first is None or second is None:
        return first or second

    def check(value: Any, path: str, found: list[str]) -> None:
        first(value, path, found)
        second(value, path, found)

    return check
