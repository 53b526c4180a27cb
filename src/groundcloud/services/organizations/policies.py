"""Policies of an organization, of every type: made, changed, read, deleted. Attaching them is in `attachments.py`."""

import json
from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, chain, page_of
from groundcloud.policy import MalformedPolicy, check_identity_policy, check_resource_policy
from groundcloud.services.organizations import errors
from groundcloud.services.organizations.common import (
    administered,
    changes_control,
    listed,
    new_id,
    policy,
    policy_of,
    policy_type,
    show_policy_summary,
)
from groundcloud.services.organizations.managed import (
    MANAGED,
    POLICY_TYPES,
    RESOURCE_CONTROL_POLICY,
    SERVICE_CONTROL_POLICY,
    ManagedControlPolicy,
)
from groundcloud.services.organizations.records import Attachment, ControlPolicy, Organization, Tag
from groundcloud.services.organizations.tags import delete_tags, put_tags


def checked_content(content: str, kind: str) -> str:
    """A document that is what its type asks for, and not too long.

    Raises `MalformedPolicyDocumentException`, `ConstraintViolationException`.
    """
    if len(content) > POLICY_TYPES[kind].longest:
        raise errors.policy_too_long()
    try:
        if kind == SERVICE_CONTROL_POLICY:
            check_identity_policy(content, managed=True)
        elif kind == RESOURCE_CONTROL_POLICY:
            _check_resource_control(content)
        elif not isinstance(json.loads(content), dict):
            raise errors.MalformedPolicyDocument()
    except (MalformedPolicy, ValueError) as error:
        raise errors.MalformedPolicyDocument() from error
    return content


def _check_resource_control(content: str) -> None:
    """These deny, and to everybody (Organizations guide, "RCP syntax")."""
    check_resource_policy(content)
    document: dict[str, Any] = json.loads(content)
    statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    if any(each["Effect"] != "Deny" or each.get("Principal") != "*" for each in statements):
        raise errors.MalformedPolicyDocument()


def _available(organization: Organization, kind: str) -> None:
    if organization.feature_set != "ALL" or kind not in POLICY_TYPES:
        raise errors.PolicyTypeNotAvailable()


def _name_is_free(ctx: Context, organization: Organization, kind: str, name: str) -> None:
    if ctx.tx.exists(ControlPolicy, organization.organization_id, kind, name, index="by_name"):
        raise errors.DuplicatePolicy()
    if any(each.type == kind and each.name == name for each in MANAGED.values()):
        raise errors.DuplicatePolicy()


def _own(ctx: Context, organization: Organization, policy_id: str) -> ControlPolicy:
    found = policy_of(ctx, organization, policy_id)
    if isinstance(found, ManagedControlPolicy):
        raise errors.immutable_policy()
    return found


def _show(organization: Organization, found: ControlPolicy | ManagedControlPolicy) -> object:
    return {"policy": {"policy_summary": show_policy_summary(organization, found), "content": found.content}}


@operation(on="*", conditions={"organizations:PolicyType": "type"})
def create_policy(
    ctx: Context, content: str, description: str, name: str, type: str, tags: Sequence[Tag] = ()
) -> object:
    organization = administered(ctx)
    _available(organization, type)
    checked_content(content, type)
    _name_is_free(ctx, organization, type, name)
    made = ControlPolicy(
        organization_id=organization.organization_id,
        policy_id=new_id(ctx, "p", 8),
        type=type,
        name=name,
        content=content,
        description=description,
    )
    ctx.put(made)
    put_tags(ctx.tx, organization, made.policy_id, tags)
    return _show(organization, made)


@operation(on=policy, read=True, conditions={"organizations:PolicyType": policy_type})
def describe_policy(ctx: Context, policy_id: str) -> object:
    organization = administered(ctx)
    return _show(organization, policy_of(ctx, organization, policy_id))


@operation(on=policy, conditions={"organizations:PolicyType": policy_type})
def update_policy(
    ctx: Context, policy_id: str, name: str = "", description: str | None = None, content: str = ""
) -> object:
    organization = administered(ctx)
    found = _own(ctx, organization, policy_id)
    if name and name != found.name:
        _name_is_free(ctx, organization, found.type, name)
        found.name = name
    if description is not None:
        found.description = description
    if content:
        found.content = checked_content(content, found.type)
    ctx.put(found)
    changes_control(ctx, organization)
    return _show(organization, found)


@operation(on=policy, conditions={"organizations:PolicyType": policy_type})
def delete_policy(ctx: Context, policy_id: str) -> None:
    organization = administered(ctx)
    found = _own(ctx, organization, policy_id)
    if ctx.tx.exists(Attachment, organization.organization_id, policy_id, index="by_policy"):
        raise errors.PolicyInUse()
    delete_tags(ctx, organization, policy_id)
    ctx.delete(found)


@operation(on="*", read=True, conditions={"organizations:PolicyType": "filter"})
def list_policies(ctx: Context, filter: str) -> dict[str, Page]:
    organization = administered(ctx)

    def show(found: ControlPolicy | ManagedControlPolicy) -> dict[str, Any]:
        return show_policy_summary(organization, found)

    managed = [show(each) for each in MANAGED.values() if each.type == filter]
    own = listed(ctx, ControlPolicy, organization.organization_id, filter, index="by_type", each=show)
    return {"policies": chain(page_of(managed, key=lambda each: each["id"]), own)}
