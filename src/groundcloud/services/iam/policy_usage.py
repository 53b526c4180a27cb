"""Who uses a policy, and which policies let an entity use a service."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, chain, page_of
from groundcloud.policy.grammar import Clause, outline
from groundcloud.policy.wildcard import matcher, tokens
from groundcloud.resource import Resource
from groundcloud.services.iam import errors
from groundcloud.services.iam.common import cut, managed_policy, policy
from groundcloud.services.iam.entities import KINDS, Entity, name_of
from groundcloud.services.iam.identities import document_of
from groundcloud.services.iam.records import Group, Role, User

_LISTS: dict[str, tuple[type[Entity], str, str]] = {
    "Group": (Group, "policy_groups", "group_id"),
    "User": (User, "policy_users", "user_id"),
    "Role": (Role, "policy_roles", "role_id"),
}


@operation(on=policy, read=True)
def list_entities_for_policy(
    ctx: Context,
    policy_arn: str,
    entity_filter: str = "",
    path_prefix: str = "/",
    policy_usage_filter: str = "",
    marker: str = "",
    max_items: int = 0,
) -> object:
    if managed_policy(ctx, policy_arn) is None:
        raise errors.NoSuchPolicy(policy_arn=policy_arn)
    pages = [
        _users_of(ctx, policy_arn, which, path_prefix, policy_usage_filter)
        for which in _LISTS
        if entity_filter in ("", which)
    ]
    found, members = cut(ctx, chain(*pages), marker, max_items, f"ListEntitiesForPolicy/{policy_arn}")
    lists: dict[str, list[Any]] = {name: [] for _, name, _ in _LISTS.values()}
    for name, item in found:
        lists[name].append(item)
    return {**lists, **members}


def _users_of(ctx: Context, policy_arn: str, which: str, path_prefix: str, usage: str) -> Page:
    """The groups, users or roles that a policy is attached to, and then those that it only bounds."""
    kind, list_name, id_name = _LISTS[which]
    name = KINDS[kind].name

    def each(entity: Entity) -> tuple[str, dict[str, str]]:
        return list_name, {name: name_of(entity), id_name: getattr(entity, id_name)}

    def bounded(entity: Entity) -> bool:
        also_attached = usage == "" and policy_arn in entity.attached_policies
        return below(entity) and not also_attached

    def below(entity: Entity) -> bool:
        return entity.path.startswith(path_prefix)

    pages = []
    if usage != "PermissionsBoundary":
        pages.append(ctx.page(kind, policy_arn, index="by_policy", where=below, each=each))
    if usage != "PermissionsPolicy" and kind is not Group:
        pages.append(ctx.page(kind, policy_arn, index="by_boundary", where=bounded, each=each))
    return chain(*pages)


def _entity_of(ctx: Context, arn: str) -> Resource:
    return Resource(arn)


@operation(on=_entity_of, read=True)
def list_policies_granting_service_access(
    ctx: Context, arn: str, service_namespaces: Sequence[str], marker: str = ""
) -> object:
    """Policies of a user (and its groups), group or role whose Allow statements name actions of a service. Boundaries,
    conditions and Deny statements are not looked at (API reference)."""
    granting = list(_policies_of(ctx, _find_entity(ctx, arn)))
    answers = [
        {
            "service_namespace": namespace,
            "policies": [shown for shown, document in granting if grants(document, namespace)],
        }
        for namespace in service_namespaces
    ]
    page = page_of(answers, key=lambda each: str(each["service_namespace"]))
    found, members = cut(ctx, page, marker, 0, f"ListPoliciesGrantingServiceAccess/{arn}")
    return {"policies_granting_service_access": found, **members}


def _find_entity(ctx: Context, arn: str) -> Entity:
    """The user, group or role of this account with an ARN. Raises `NoSuchEntity`."""
    word, _, path = arn.rpartition(":")[2].partition("/")
    kind = next((kind for kind, facts in KINDS.items() if facts.word == word), None)
    found = ctx.get(kind, path.rpartition("/")[2]) if kind is not None else None
    if found is None or found.arn != arn:
        raise errors.NoSuchEntity(arn=arn)
    return found


def _policies_of(ctx: Context, entity: Entity) -> Iterator[tuple[dict[str, str], str]]:
    """Every policy of an entity as the answer shows it, with its document; of a user also those of its groups."""
    for name, document in entity.inline_policies.items():
        shown = {"policy_name": name, "policy_type": "INLINE"}
        yield shown | {"entity_type": KINDS[type(entity)].word.upper(), "entity_name": name_of(entity)}, document
    for arn in entity.attached_policies:
        document_found = document_of(ctx.tx, arn)
        if document_found is not None:
            yield (
                {"policy_name": arn.rpartition("/")[2], "policy_type": "MANAGED", "policy_arn": arn},
                document_found,
            )
    for group_name in entity.groups if isinstance(entity, User) else ():
        group = ctx.get(Group, group_name)
        if group is not None:
            yield from _policies_of(ctx, group)


def grants(document: str, namespace: str) -> bool:
    """Whether some Allow statement of a policy names an action of a service."""
    return any(clause.effect == "Allow" and _names(clause, namespace.lower()) for clause in outline(document).clauses)


def _names(clause: Clause, namespace: str) -> bool:
    if clause.not_actions is not None:
        return not any(_covers_all(action.lower(), namespace) for action in clause.not_actions)
    return any(_vendor(action.lower())(namespace) for action in clause.actions or ())


def _covers_all(action: str, namespace: str) -> bool:
    return action == "*" or (action.endswith(":*") and _vendor(action)(namespace))


def _vendor(action: str) -> Callable[[str], bool]:
    """A test for the services that an action, wildcards and all, is of."""
    return matcher(tokens(action.partition(":")[0], variables=False))
