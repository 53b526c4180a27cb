"""DB parameter groups: the families' default ones, and own ones whose values differ."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import page_of
from groundcloud.services.rds import errors
from groundcloud.services.rds.engines import Engine
from groundcloud.services.rds.lookup import merged, on
from groundcloud.services.rds.parameters import Parameter, checked, families, family_named
from groundcloud.services.rds.records import DBInstance, DBParameterGroup, Tag
from groundcloud.store import Part


class GivenParameter(Part):
    """A parameter in a request; what AWS shows besides may come along."""

    parameter_name: str = ""
    parameter_value: str | None = None
    description: str | None = None
    source: str | None = None
    apply_type: str | None = None
    data_type: str | None = None
    allowed_values: str | None = None
    is_modifiable: bool | None = None
    minimum_engine_version: str | None = None
    apply_method: str = ""
    supported_engine_modes: list[str] = []


def _default(ctx: Context, family: str) -> DBParameterGroup:
    return DBParameterGroup(
        ctx.account, ctx.region, f"default.{family}", family, f"Default parameter group for {family}"
    )


def _found(ctx: Context, name: str) -> DBParameterGroup:
    """Raises `DBParameterGroupNotFound`."""
    name = name.lower()
    if name.startswith("default.") and name.removeprefix("default.") in families():
        return _default(ctx, name.removeprefix("default."))
    return ctx.find(DBParameterGroup, name)


def _own(ctx: Context, name: str) -> DBParameterGroup:
    found = _found(ctx, name)
    if name.startswith("default."):
        raise errors.InvalidDBParameterGroupState(
            reason=f"The parameter group {name} is a default group: make your own."
        )
    return found


def group_for(ctx: Context, engine: Engine, name: str) -> str:
    """The group asked for, or the default one. Raises `InvalidParameterCombination` for another family's."""
    if not name:
        return engine.default_parameter_group
    found = _found(ctx, name)
    if found.db_parameter_group_family != engine.family:
        raise errors.InvalidParameterCombination(
            reason=f"The Parameter Group {name} with DBParameterGroupFamily {found.db_parameter_group_family} can't be "
            f"used for this instance. Please use a Parameter Group with DBParameterGroupFamily {engine.family}"
        )
    return found.db_parameter_group_name


def _shown(group: DBParameterGroup) -> dict[str, Any]:
    fields = {name: getattr(group, name) for name in group.__struct_fields__ if name != "values"}
    return {**fields, "db_parameter_group_arn": group.arn}


@operation(on=on("pg", "db_parameter_group_name"))
def create_db_parameter_group(
    ctx: Context,
    db_parameter_group_name: str,
    db_parameter_group_family: str,
    description: str,
    tags: Sequence[Tag] = (),
) -> object:
    name = db_parameter_group_name.lower()
    family_named(db_parameter_group_family)
    if name.startswith("default."):
        raise errors.InvalidParameterValue(
            reason=f"The parameter DBParameterGroupName is not a valid identifier: {name}"
        )
    if ctx.exists(DBParameterGroup, name):
        raise errors.DBParameterGroupAlreadyExists(name=name)
    made = DBParameterGroup(
        ctx.account, ctx.region, name, db_parameter_group_family, description, tags=merged((), tags)
    )
    return {"db_parameter_group": _shown(ctx.put(made))}


@operation(on=on("pg", "target_db_parameter_group_identifier"))
def copy_db_parameter_group(
    ctx: Context,
    source_db_parameter_group_identifier: str,
    target_db_parameter_group_identifier: str,
    target_db_parameter_group_description: str,
    tags: Sequence[Tag] = (),
) -> object:
    source = _found(ctx, source_db_parameter_group_identifier.rpartition(":pg:")[2])
    name = target_db_parameter_group_identifier.lower()
    if ctx.exists(DBParameterGroup, name):
        raise errors.DBParameterGroupAlreadyExists(name=name)
    made = DBParameterGroup(
        ctx.account, ctx.region, name, source.db_parameter_group_family, target_db_parameter_group_description,
        dict(source.values), merged((), tags),
    )  # fmt: skip
    return {"db_parameter_group": _shown(ctx.put(made))}


@operation(on="pg:*", read=True, harmless=["Filters"])
def describe_db_parameter_groups(ctx: Context, db_parameter_group_name: str = "") -> object:
    if db_parameter_group_name:
        return {"db_parameter_groups": [_shown(_found(ctx, db_parameter_group_name))]}
    groups = [_default(ctx, family) for family in families()] + list(ctx.scan(DBParameterGroup))
    return {"db_parameter_groups": page_of(map(_shown, groups), lambda each: str(each["db_parameter_group_name"]))}


@operation(on=on("pg", "db_parameter_group_name"))
def delete_db_parameter_group(ctx: Context, db_parameter_group_name: str) -> None:
    group = _own(ctx, db_parameter_group_name.lower())
    if ctx.exists(DBInstance, group.db_parameter_group_name, index="by_parameter_group"):
        raise errors.InvalidDBParameterGroupState(
            reason="One or more database instances are still members of this parameter group "
            f"{group.db_parameter_group_name}, so the group cannot be deleted"
        )
    ctx.delete(group)


def _parameter_shown(parameter: Parameter, own: dict[str, str]) -> dict[str, Any]:
    value = own.get(parameter.name, parameter.default)
    return {
        "parameter_name": parameter.name,
        "parameter_value": value or None,
        "description": parameter.description,
        "source": "user" if parameter.name in own else "engine-default" if not parameter.default else "system",
        "apply_type": parameter.apply_type,
        "data_type": parameter.data_type,
        "allowed_values": parameter.allowed_values or None,
        "is_modifiable": True,
        "apply_method": "immediate" if parameter.apply_type == "dynamic" else "pending-reboot",
    }


@operation(on=on("pg", "db_parameter_group_name"), read=True, harmless=["Filters"])
def describe_db_parameters(ctx: Context, db_parameter_group_name: str, source: str = "") -> object:
    group = _found(ctx, db_parameter_group_name)
    shown = [_parameter_shown(each, group.values) for each in families()[group.db_parameter_group_family].values()]
    chosen = [each for each in shown if source in ("", each["source"])]
    return {"parameters": page_of(chosen, lambda each: str(each["parameter_name"]))}


@operation(on="*", read=True, harmless=["Filters"])
def describe_engine_default_parameters(ctx: Context, db_parameter_group_family: str) -> object:
    shown = [_parameter_shown(each, {}) for each in family_named(db_parameter_group_family).values()]
    return {"engine_defaults": {"db_parameter_group_family": db_parameter_group_family, "parameters": shown}}


def _touch(ctx: Context, group: DBParameterGroup) -> None:
    """Wake the controllers of the instances that have it."""
    for instance in ctx.scan(DBInstance, group.db_parameter_group_name, index="by_parameter_group"):
        ctx.put(instance)


@operation(on=on("pg", "db_parameter_group_name"))
def modify_db_parameter_group(
    ctx: Context, db_parameter_group_name: str, parameters: Sequence[GivenParameter]
) -> object:
    group = _own(ctx, db_parameter_group_name.lower())
    family = families()[group.db_parameter_group_family]
    if len(parameters) > 20:
        raise errors.InvalidParameterValue(reason="A maximum of 20 parameters can be modified in a single request.")
    for given in parameters:
        known = family.get(given.parameter_name)
        if known is None:
            raise errors.InvalidParameterValue(reason=f"Could not find parameter with name: {given.parameter_name}")
        if given.apply_method == "immediate" and known.apply_type == "static":
            raise errors.InvalidParameterCombination(
                reason=f"cannot use immediate apply method for static parameter: {given.parameter_name}"
            )
        if given.parameter_value is None:
            raise errors.InvalidParameterValue(reason=f"The value of {given.parameter_name} must be given")
        group.values[known.name] = checked(known, given.parameter_value)
    ctx.put(group)
    _touch(ctx, group)
    return {"db_parameter_group_name": group.db_parameter_group_name}


@operation(on=on("pg", "db_parameter_group_name"))
def reset_db_parameter_group(
    ctx: Context,
    db_parameter_group_name: str,
    reset_all_parameters: bool = False,
    parameters: Sequence[GivenParameter] = (),
) -> object:
    group = _own(ctx, db_parameter_group_name.lower())
    if reset_all_parameters or not parameters:
        group.values = {}
    for given in parameters:
        group.values.pop(given.parameter_name, None)
    ctx.put(group)
    _touch(ctx, group)
    return {"db_parameter_group_name": group.db_parameter_group_name}
