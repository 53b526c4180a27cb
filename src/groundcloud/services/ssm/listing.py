"""Lists of parameters: by hierarchy, by filters, and the history of one."""

import re
from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.services.ssm import errors, names, policies, public, values
from groundcloud.services.ssm.parameters import entry, latest, numbered
from groundcloud.services.ssm.records import (
    Parameter,
    ParametersFilter,
    ParameterStringFilter,
    ParameterVersion,
    ancestors,
)

_PATH = re.compile(r"/|(?:/[A-Za-z0-9_.-]+)+/?")
_OPTIONS = {"Name": ("Equals", "BeginsWith", "Contains"), "Path": ("Recursive", "OneLevel")}


@operation(on=names.path, read=True, page_size=10, conditions={"ssm:Recursive": "recursive"})
def get_parameters_by_path(
    ctx: Context,
    path: str,
    recursive: bool = False,
    parameter_filters: Sequence[ParameterStringFilter] = (),
    with_decryption: bool = False,
) -> dict[str, Page]:
    if not _PATH.fullmatch(path):
        raise errors.InvalidPath()
    for wanted in parameter_filters:
        if wanted.key not in ("Type", "KeyId", "Label", "DataType"):
            raise errors.InvalidFilterKey(
                reason=f"The following filter key is not valid: {wanted.key}. Valid filter keys include: [Type, KeyId]."
            )
    above = path.rstrip("/") or "/"
    if above.startswith("/aws"):
        return {"parameters": _public(ctx, above, recursive)}

    def each(found: Parameter) -> dict[str, Any]:
        label = next((wanted.values[0] for wanted in parameter_filters if wanted.key == "Label"), "")
        version = numbered(ctx, found, found.labels[label]) if label else latest(ctx, found)
        return entry(ctx, found, version, with_decryption, f":{label}" if label else None)

    def where(found: Parameter) -> bool:
        return all(fulfils(ctx, found, wanted) for wanted in parameter_filters)

    index = "by_ancestor" if recursive else "by_parent"
    return {"parameters": ctx.page(Parameter, above, index=index, where=where, each=each)}


def _public(ctx: Context, above: str, recursive: bool) -> Page:
    found = [
        public.entry(ctx, name, value)
        for name, value in public.all_below(ctx, above).items()
        if recursive or ancestors(name)[0] == above
    ]
    return page_of(found, key=lambda item: item["name"])


@operation(on="*", read=True, page_size=50)
def describe_parameters(
    ctx: Context,
    filters: Sequence[ParametersFilter] = (),
    parameter_filters: Sequence[ParameterStringFilter] = (),
    shared: bool = False,
) -> dict[str, Page]:
    if filters and parameter_filters:
        raise errors.ValidationException(reason="You can use either Filters or ParameterFilters in a single request.")
    if shared:
        return {"parameters": page_of((), key=str)}
    wanted = [*parameter_filters, *(ParameterStringFilter(each.key, _usual(each.key), each.values) for each in filters)]
    for one in wanted:
        _check(one)

    def each(found: Parameter) -> dict[str, Any]:
        version = latest(ctx, found)
        return {**_described(found, version), "arn": found.arn}

    return {
        "parameters": ctx.page(
            Parameter, where=lambda found: all(fulfils(ctx, found, one) for one in wanted), each=each
        )
    }


def _usual(key: str) -> str:
    """How the older kind of filter compares."""
    return "BeginsWith" if key == "Name" else "Equals"


def _check(wanted: ParameterStringFilter) -> None:
    if wanted.key == "Label":
        raise errors.InvalidFilterKey(
            reason="The following filter key is not valid: Label. Valid filter keys include: [Path, Name, Type, KeyId, "
            "Tier]."
        )
    allowed = _OPTIONS.get(wanted.key, ("Equals", "BeginsWith") if wanted.key == "KeyId" else ("Equals",))
    if wanted.option and wanted.option not in allowed:
        raise errors.InvalidFilterOption(
            reason=f"The following filter option is not valid: {wanted.option}. Valid options include: "
            f"[{', '.join(allowed)}]."
        )
    if not wanted.values and not wanted.key.startswith("tag:"):
        raise errors.InvalidFilterValue(
            reason="The following filter values are missing : null for filter key " + wanted.key
        )


def fulfils(ctx: Context, found: Parameter, wanted: ParameterStringFilter) -> bool:
    """Whether a parameter has one of a filter's values."""
    if wanted.key == "Path":
        above = ancestors(found.name)
        paths = [path.rstrip("/") or "/" for path in wanted.values]
        return any(path in (above if wanted.option == "Recursive" else above[:1]) for path in paths)
    if wanted.key.startswith("tag:"):
        value = {tag.key: tag.value for tag in found.tags}.get(wanted.key[4:])
        return value is not None and (not wanted.values or value in wanted.values)
    if wanted.key == "Label":
        return any(label in found.labels for label in wanted.values)
    return _compares(_attribute(ctx, found, wanted.key), wanted)


def _attribute(ctx: Context, found: Parameter, key: str) -> str:
    if key in ("Name", "Type"):
        return found.name if key == "Name" else found.type
    version = latest(ctx, found)
    return {"KeyId": version.key_id or "", "Tier": version.tier, "DataType": version.data_type}[key]


def _compares(text: str, wanted: ParameterStringFilter) -> bool:
    if wanted.option == "BeginsWith":
        return any(text.removeprefix("/").startswith(value.removeprefix("/")) for value in wanted.values)
    if wanted.option == "Contains":
        return any(value in text for value in wanted.values)
    return text in wanted.values


def _described(found: Parameter, version: ParameterVersion) -> dict[str, Any]:
    return {
        "name": found.name,
        "type": found.type,
        "key_id": version.key_id,
        "last_modified_date": version.last_modified_date,
        "last_modified_user": version.last_modified_user,
        "description": version.description or None,
        "allowed_pattern": version.allowed_pattern or None,
        "version": version.number,
        "tier": version.tier,
        "policies": policies.shown(version.policies) or [],
        "data_type": version.data_type,
    }


@operation(on=names.parameter, read=True, page_size=50)
def get_parameter_history(ctx: Context, name: str, with_decryption: bool = False) -> dict[str, Page]:
    found = ctx.find(Parameter, names.selected(ctx, name).name)
    labels: dict[int, list[str]] = {}
    for label, number in found.labels.items():
        labels.setdefault(number, []).append(label)

    def each(version: ParameterVersion) -> dict[str, Any]:
        value = values.read(ctx, found, version, with_decryption)
        return {**_described(found, version), "value": value, "labels": labels.get(version.number, [])}

    return {"parameters": ctx.page(ParameterVersion, found.name, each=each)}
