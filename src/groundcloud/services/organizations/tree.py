"""The tree of an organization, up and down: parents, children, the accounts under a parent, and moves."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.resource import Resource
from groundcloud.services.organizations import errors
from groundcloud.services.organizations.common import (
    administered,
    changes_control,
    child,
    entity,
    listed,
    managed,
    member_of,
    parent,
    path_to,
    show_account,
)
from groundcloud.services.organizations.records import Member, Unit


@operation(on=child, read=True)
def list_parents(ctx: Context, child_id: str) -> dict[str, Page]:
    organization = administered(ctx)
    found: Member | Unit | None
    if child_id.isdigit():
        found = ctx.tx.get(Member, child_id)
    else:
        found = ctx.tx.get(Unit, organization.organization_id, child_id)
    if found is None or found.organization_id != organization.organization_id:
        raise errors.ChildNotFound()
    parent_id = found.path[-1]
    kind = "ROOT" if parent_id == organization.root_id else "ORGANIZATIONAL_UNIT"
    return {"parents": page_of([{"id": parent_id, "type": kind}], key=lambda each: each["id"])}


@operation(on=parent, read=True)
def list_children(ctx: Context, parent_id: str, child_type: str) -> dict[str, Page]:
    organization = administered(ctx)
    if path_to(ctx, organization, parent_id) is None:
        raise errors.ParentNotFound()
    place = (organization.organization_id, parent_id)
    if child_type == "ACCOUNT":
        return {
            "children": listed(
                ctx, Member, *place, index="by_parent", each=lambda each: {"id": each.account, "type": child_type}
            )
        }
    return {
        "children": listed(
            ctx, Unit, *place, index="by_parent", each=lambda each: {"id": each.unit_id, "type": child_type}
        )
    }


@operation(on=parent, read=True)
def list_accounts_for_parent(ctx: Context, parent_id: str) -> dict[str, Page]:
    organization = administered(ctx)
    if path_to(ctx, organization, parent_id) is None:
        raise errors.ParentNotFound()
    place = (organization.organization_id, parent_id)
    accounts = listed(
        ctx, Member, *place, index="by_parent", each=lambda member: show_account(ctx, organization, member)
    )
    return {"accounts": accounts}


def _moved(ctx: Context, account_id: str, source_parent_id: str, destination_parent_id: str) -> list[Resource]:
    return [entity(ctx, account_id), entity(ctx, source_parent_id), entity(ctx, destination_parent_id)]


@operation(on=_moved)
def move_account(ctx: Context, account_id: str, source_parent_id: str, destination_parent_id: str) -> None:
    organization = managed(ctx)
    member = member_of(ctx, organization, account_id)
    if path_to(ctx, organization, source_parent_id) is None:
        raise errors.SourceParentNotFound()
    destination = path_to(ctx, organization, destination_parent_id)
    if destination is None:
        raise errors.DestinationParentNotFound()
    if member.parent == destination_parent_id:
        raise errors.DuplicateAccount()
    if member.parent != source_parent_id:
        raise errors.AccountNotFound()
    member.path = destination
    ctx.put(member)
    changes_control(ctx, organization)
