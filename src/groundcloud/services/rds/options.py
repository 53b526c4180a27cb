"""Option groups: the default ones of each engine, and own ones without options, for no option is there to choose."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, chain, page_of
from groundcloud.services.rds import errors
from groundcloud.services.rds.engines import ENGINES, Engine, engine_named
from groundcloud.services.rds.lookup import merged
from groundcloud.services.rds.records import DBInstance, DBOptionGroup, Tag


def default_option_group(ctx: Context, engine: Engine, name: str) -> str:
    """The group asked for, or the engine's default one. Raises `OptionGroupNotFound`."""
    if not name or name == engine.default_option_group:
        return engine.default_option_group
    found = ctx.find(DBOptionGroup, name.lower())
    if found.engine_name != engine.name:
        raise errors.InvalidParameterCombination(
            reason=f"The option group {name} is for {found.engine_name}, not for {engine.name}."
        )
    return name.lower()


def _shown(ctx: Context, group: DBOptionGroup) -> dict[str, Any]:
    return {
        **{name: getattr(group, name) for name in group.__struct_fields__},
        "options": [],
        "allows_vpc_and_non_vpc_instance_memberships": True,
        "option_group_arn": ctx.arn(f"og:{group.option_group_name}"),
    }


def _defaults(ctx: Context) -> list[DBOptionGroup]:
    return [
        DBOptionGroup(ctx.account, ctx.region, each.default_option_group, each.name, each.major,
                      f"Default option group for {each.name} {each.major}")
        for each in ENGINES.values()
    ]  # fmt: skip


@operation(on="og:{option_group_name}")
def create_option_group(
    ctx: Context, option_group_name: str, engine_name: str, major_engine_version: str, option_group_description: str,
    tags: Sequence[Tag] = (),
) -> object:  # fmt: skip
    engine = engine_named(engine_name)
    name = option_group_name.lower()
    if ctx.exists(DBOptionGroup, name):
        raise errors.OptionGroupAlreadyExists(name=name)
    made = DBOptionGroup(ctx.account, ctx.region, name, engine.name, major_engine_version, option_group_description,
                         merged((), tags))  # fmt: skip
    return {"option_group": _shown(ctx, ctx.put(made))}


@operation(on="og:*", read=True, harmless=["Filters"])
def describe_option_groups(
    ctx: Context, option_group_name: str = "", engine_name: str = "", major_engine_version: str = ""
) -> object:
    def passes(group: DBOptionGroup) -> bool:
        return engine_name in ("", group.engine_name) and major_engine_version in ("", group.major_engine_version)

    if option_group_name:
        known = [each for each in _defaults(ctx) if each.option_group_name == option_group_name]
        return {"option_groups_list": [_shown(ctx, known[0] if known else ctx.find(DBOptionGroup, option_group_name))]}
    defaults = [_shown(ctx, each) for each in _defaults(ctx) if passes(each)]
    own: Page = ctx.page(DBOptionGroup, where=passes, each=lambda group: _shown(ctx, group))
    return {"option_groups_list": chain(page_of(defaults, lambda each: str(each["option_group_name"])), own)}


@operation(on="og:{option_group_name}")
def delete_option_group(ctx: Context, option_group_name: str) -> None:
    if option_group_name.startswith("default:"):
        raise errors.InvalidParameterValue(reason="Default option groups cannot be deleted.")
    group = ctx.find(DBOptionGroup, option_group_name.lower())
    for each in ctx.scan(DBInstance):
        if each.option_group == group.option_group_name:
            raise errors.InvalidOptionGroupState(
                reason=f"The option group {option_group_name} is in use by {each.db_instance_identifier}."
            )
    ctx.delete(group)
