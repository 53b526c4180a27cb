"""Organizational units."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.services.organizations import errors
from groundcloud.services.organizations.attachments import attach_defaults, detach_all
from groundcloud.services.organizations.common import (
    administered,
    changes_control,
    listed,
    managed,
    new_id,
    parent,
    path_to,
    show_unit,
    unit,
)
from groundcloud.services.organizations.records import Member, Organization, Tag, Unit
from groundcloud.services.organizations.tags import delete_tags, put_tags

_DEEPEST = 5
"""Levels of units below the root (Organizations guide, "Quotas")."""


def _unit_of(ctx: Context, organization: Organization, unit_id: str) -> Unit:
    found = ctx.tx.get(Unit, organization.organization_id, unit_id)
    if found is None:
        raise errors.UnitNotFound()
    return found


def _name_is_free(ctx: Context, organization: Organization, parent_id: str, name: str) -> None:
    if ctx.tx.exists(Unit, organization.organization_id, parent_id, name, index="by_name"):
        raise errors.DuplicateUnit()


@operation(on=parent)
def create_organizational_unit(ctx: Context, parent_id: str, name: str, tags: Sequence[Tag] = ()) -> object:
    organization = managed(ctx)
    path = path_to(ctx, organization, parent_id)
    if path is None:
        raise errors.ParentNotFound()
    if len(path) > _DEEPEST:
        raise errors.too_deep()
    _name_is_free(ctx, organization, parent_id, name)
    made = Unit(
        organization_id=organization.organization_id,
        unit_id=new_id(ctx, f"ou-{organization.root_id[2:]}", 8),
        name=name,
        path=path,
    )
    ctx.put(made)
    put_tags(ctx.tx, organization, made.unit_id, tags)
    attach_defaults(ctx.tx, organization, made.unit_id)
    return {"organizational_unit": show_unit(organization, made)}


@operation(on=unit, read=True)
def describe_organizational_unit(ctx: Context, organizational_unit_id: str) -> object:
    organization = administered(ctx)
    found = _unit_of(ctx, organization, organizational_unit_id)
    return {"organizational_unit": show_unit(organization, found)}


@operation(on=unit)
def update_organizational_unit(ctx: Context, organizational_unit_id: str, name: str = "") -> object:
    organization = managed(ctx)
    found = _unit_of(ctx, organization, organizational_unit_id)
    if name and name != found.name:
        _name_is_free(ctx, organization, found.path[-1], name)
        found.name = name
        ctx.put(found)
    return {"organizational_unit": show_unit(organization, found)}


@operation(on=unit)
def delete_organizational_unit(ctx: Context, organizational_unit_id: str) -> None:
    organization = managed(ctx)
    found = _unit_of(ctx, organization, organizational_unit_id)
    place = (organization.organization_id, organizational_unit_id)
    if ctx.tx.exists(Unit, *place, index="by_parent") or ctx.tx.exists(Member, *place, index="by_parent"):
        raise errors.UnitNotEmpty()
    detach_all(ctx, organization, organizational_unit_id)
    delete_tags(ctx, organization, organizational_unit_id)
    ctx.delete(found)
    changes_control(ctx, organization)


@operation(on=parent, read=True)
def list_organizational_units_for_parent(ctx: Context, parent_id: str) -> dict[str, Page]:
    organization = administered(ctx)
    if path_to(ctx, organization, parent_id) is None:
        raise errors.ParentNotFound()
    place = (organization.organization_id, parent_id)
    units = listed(ctx, Unit, *place, index="by_parent", each=lambda unit: show_unit(organization, unit))
    return {"organizational_units": units}
