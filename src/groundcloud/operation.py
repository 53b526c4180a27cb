"""Operations: plain functions whose signature says which part of AWS's contract is supported.

`@operation` marks a function and says, beside it, what it acts on and which permission it takes. `Service` binds the
functions of a service to botocore's model: a name, an argument or a missing member that does not fit is an error at its
first use, and in the tests, which bind all of them. What a request brings beyond the signature is refused by name.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from types import ModuleType, NoneType, UnionType
from typing import Any, NamedTuple, TypeVar, get_args

import msgspec
from botocore.model import OperationModel, ServiceModel

from groundcloud.errors import AwsError, OperationNotWritten, ParameterNotWritten
from groundcloud.models import paginators, service_model
from groundcloud.names import snake
from groundcloud.parameters import REQUIRED, Parameter, parameters
from groundcloud.resource import Resource
from groundcloud.store import Transaction

F = TypeVar("F", bound=Callable[..., Any])


SharedMember = Callable[[Any, Any, Mapping[str, Any]], None]
"""Checks a shared member: context, its value, and the operation's arguments."""

Resolve = Callable[[Transaction, str, dict[str, Any]], Mapping[str, str]]
"""Puts what a name stands for in its place (the bucket of an access point), in the arguments of a client's call of the
operation that is named; gives the condition keys that come of it."""

ResourceFunction = Callable[..., Resource | list[Resource]]

Again = Callable[[Any, Any], None]
"""What a call leaves behind that is answered from memory: context, answer."""


class FirstUse(NamedTuple):
    """What AWS gives to an account that has not asked for it yet, and Groundcloud makes before the first call."""

    done: Callable[[Any], bool]
    """Whether the context's account has it in this Region."""
    make: Callable[[Any], None]


NO_PERMISSION = "no permission"
"""For `on=`: AWS asks for no permission at all (GetCallerIdentity, GetSessionToken)."""


class Declaration(NamedTuple):
    """What `@operation` says about its function."""

    on: str | ResourceFunction
    read: bool
    action: str
    conditions: Mapping[str, str | Callable[..., Any]]
    harmless: tuple[str, ...]
    public: bool
    page_size: int
    data_event: bool
    again: Again | None


def operation(
    *,
    on: str | ResourceFunction,
    read: bool = False,
    action: str = "",
    conditions: Mapping[str, str | Callable[..., Any]] | None = None,
    harmless: Iterable[str] = (),
    public: bool = False,
    page_size: int = 0,
    data_event: bool = False,
    again: Again | None = None,
) -> Callable[[F], F]:
    """Mark a function as an AWS operation.

    `on`: the resource part of the ARN that IAM checks, filled from the arguments (`"subnet/{subnet_id}"`), or `"*"`,
    or a function of the context and of any of the operation's arguments that gives one or more `Resource`s.
    `read`: it writes nothing and never waits for the writer.
    `action`: the permission, where it is not the operation's name.
    `conditions`: condition keys (`"iam:PolicyARN"`) and the argument, or the function of arguments, that they show.
    `harmless`: members that may come and change nothing.
    `public`: AWS takes this call without a signature.
    `page_size`: items in a page when the caller names no limit, where it is not the service's usual.
    `data_event`: AWS logs it to trails that ask for data events only.
    `again`: for a read that depends on caller, arguments and data alone. Other services' calls of it are then answered
    from memory as long as these are the same, and this function does what such a call leaves behind all the same.
    """

    def mark(function: F) -> F:
        declaration = Declaration(
            on, read, action, conditions or {}, tuple(harmless), public, page_size, data_event, again
        )
        function.declaration = declaration  # type: ignore[attr-defined]  # a function takes attributes
        return function

    return mark


class Paging(NamedTuple):
    """Where an operation's paginator is on the wire, in snake case."""

    token: str
    next_token: str
    limit: str
    result: str
    more: str


class InvalidToken(AwsError, code="ValidationError"):
    """Invalid Marker."""


_FRAMING = {"content_length"}
"""Members that show the HTTP framing; the server has used them already."""

_AS_PARSED = (str, int, float, bool, bytes, datetime, Any)


class Operation:
    """A function bound to its operation in AWS's model."""

    def __init__(self, service: "Service", function: Callable[..., Any], model: OperationModel) -> None:
        self.service = service
        self.function = function
        self.model = model
        self.name = str(model.name)
        self.declaration: Declaration = function.declaration  # type: ignore[attr-defined]  # set by @operation
        self.action = self.declaration.action or f"{service.prefix}:{self.name}"
        self.asynchronous = inspect.iscoroutinefunction(function)
        shape = model.input_shape
        self.members: dict[str, str] = {snake(name): name for name in (shape.members if shape else {})}
        required = {snake(name) for name in (shape.required_members if shape else ())}
        taken = parameters(function)
        self.paging = self._paging(taken)
        self._check(taken, required)
        self.defaults = {name: each.default for name, each in taken.items() if each.default is not REQUIRED}
        self.shared = {
            name: check for name, check in service.shared.items() if name in self.members and name not in taken
        }
        harmless = {snake(member) for member in self.declaration.harmless} | _FRAMING | self.shared.keys()
        if self.paging:
            harmless |= {self.paging.token, self.paging.limit}
        self.rehearses = service.dry_run is not None and "dry_run" in self.members and "dry_run" not in taken
        if self.rehearses:
            harmless.add("dry_run")
        self.not_written = self.members.keys() - taken.keys() - harmless
        self._dropped = harmless - taken.keys()
        self.types: dict[str, Any] = {name: each.type for name, each in taken.items()}
        self._converted = {name: kind for name, kind in self.types.items() if not _is_as_parsed(kind)}
        self.resource_arguments = _arguments_of(self.declaration.on, self.types, self.name)
        self.condition_arguments = {
            key: _arguments_of(source, self.types, self.name)
            for key, source in self.declaration.conditions.items()
            if not isinstance(source, str)
        }

    def _check(self, taken: Mapping[str, Parameter], required: set[str]) -> None:
        """The signature fits the model, or the program does not start."""
        where = f"{self.service.name}:{self.name}"
        if unknown := taken.keys() - self.members.keys():
            raise TypeError(f"{where} has no parameter {', '.join(sorted(unknown))}")
        if lacking := required - taken.keys():
            raise TypeError(f"{where} needs the parameter {', '.join(sorted(lacking))}")
        needs = {name for name, each in taken.items() if each.default is REQUIRED}
        if optional := needs - required:
            raise TypeError(f"{where}: {', '.join(sorted(optional))} may be absent and needs a default")
        known = {snake(member) for member in self.declaration.harmless}
        if unknown := known - self.members.keys():
            raise TypeError(f"{where} has no parameter {', '.join(sorted(unknown))} to be harmless")
        for source in self.declaration.conditions.values():
            if isinstance(source, str) and source not in taken:
                raise TypeError(f"{where}: a condition key shows {source}, which is no parameter")

    def _paging(self, taken: Mapping[str, Parameter]) -> Paging | None:
        """Where the core cuts this operation's list; None where there is none or the function cuts it itself."""
        found = paginators(self.service.name).get(self.name)
        if not found or not all(isinstance(found.get(part), str) for part in ("input_token", "result_key")):
            return None
        if "." in found["result_key"] or snake(found["input_token"]) in taken:
            return None
        output = found["output_token"]
        return Paging(
            token=snake(found["input_token"]),
            next_token=snake(output if isinstance(output, str) else output[0]),
            limit=snake(found.get("limit_key", "")),
            result=snake(found["result_key"]),
            more=snake(found.get("more_results", "")),
        )

    def arguments(self, parsed: dict[str, Any]) -> dict[str, Any]:
        """The parsed request as the function's arguments; what the signature does not have is refused by name."""
        if not self.not_written.isdisjoint(parsed):
            name = next(name for name in parsed if name in self.not_written)
            raise ParameterNotWritten(parameter=self.members[name], service=self.service.prefix, operation=self.name)
        arguments = {}
        for name, value in parsed.items():
            if name in self._converted:
                arguments[name] = self._convert(name, value, self._converted[name])
            elif name not in self._dropped:
                arguments[name] = value
        return arguments

    def _convert(self, name: str, value: Any, kind: Any) -> Any:
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            raise ParameterNotWritten(
                parameter=f"{self.members[name]} ({error})", service=self.service.prefix, operation=self.name
            ) from error


def _is_as_parsed(kind: Any) -> bool:
    """Whether the protocols' parsers give values of a type as they are: `str`, and `str | None` alike."""
    kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    return all(each in _AS_PARSED or each is NoneType for each in kinds)


def _arguments_of(source: Any, types: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """The arguments that a resource or condition function takes besides the context."""
    if isinstance(source, str):
        return ()
    names = tuple(parameters(source))
    if unknown := set(names) - types.keys():
        raise TypeError(f"{where}: {source.__name__} asks for {', '.join(sorted(unknown))}, which are no parameters")
    return names


class Service:
    """A service of AWS and the operations that Groundcloud has for it.

    `name` is botocore's name; `arn_prefix` is what its ARNs begin with, filled with account and region. The model is
    loaded, and each function is bound, at first use.
    """

    def __init__(
        self,
        name: str,
        *modules: ModuleType,
        arn_prefix: str = "arn:aws:{service}:{region}:{account}:",
        prefix: str = "",
        page_size: int = 100,
        invalid_token: type[AwsError] = InvalidToken,
        shared: Mapping[str, SharedMember | None] | None = None,
        dry_run: type[AwsError] | None = None,
        first_use: FirstUse | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        self.name = name
        self.prefix = prefix or name
        """What its actions and ARNs begin with."""
        self.page_size = page_size
        self.invalid_token = invalid_token
        self.shared = shared or {}
        """Members that many operations have and none declares, in snake case, with what checks them before the call."""
        self.dry_run = dry_run
        """What answers a call with `DryRun` that would have succeeded; its work is undone."""
        self.first_use = first_use
        self.resolve = resolve
        self._modules = modules
        self._bound: dict[str, Operation] = {}
        self._arn_prefix = arn_prefix

    def arn(self, account: str, region: str, resource: str) -> str:
        return self._arn_prefix.format(service=self.prefix, account=account, region=region) + resource

    @cached_property
    def model(self) -> ServiceModel:
        return service_model(self.name)

    @cached_property
    def _functions(self) -> dict[str, Callable[..., Any]]:
        """By AWS's name. Raises `TypeError` for a function that AWS's model does not have."""
        names = {snake(name): name for name in self.model.operation_names}
        found: dict[str, Callable[..., Any]] = {}
        for module in self._modules:
            for function_name, function in vars(module).items():
                if hasattr(function, "declaration") and function.__module__ == module.__name__:
                    name = names.get(function_name)
                    if name is None:
                        raise TypeError(f"{self.name} has no operation {function_name}")
                    found[name] = function
        return found

    @cached_property
    def _names(self) -> dict[str, str]:
        return {function.__name__: name for name, function in self._functions.items()}

    @property
    def operations(self) -> dict[str, Operation]:
        """All of them, bound, by AWS's name; the tests bind every service."""
        return {name: self.operation(name) for name in self._functions}

    def operation(self, name: str) -> Operation:
        """An operation by AWS's name, bound at its first use: a first call need not wait for all the others.

        Raises `OperationNotWritten` for one that AWS has and Groundcloud does not, `TypeError` for a signature that
        does not fit the model.
        """
        found = self._bound.get(name)
        if found is None:
            function = self._functions.get(name)
            if function is None:
                raise OperationNotWritten(service=self.prefix, operation=name)
            found = self._bound[name] = Operation(self, function, self.model.operation_model(name))
        return found

    def named(self, function_name: str) -> Operation:
        """An operation by its function's name, as operations call one another."""
        return self.operation(self._names[function_name])
