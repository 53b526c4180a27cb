"""All policies of a user, group or role with where each comes from: for simulations, reports and details."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from groundcloud.context import Context
from groundcloud.services.iam import errors
from groundcloud.services.iam.entities import KINDS, Entity, name_of
from groundcloud.services.iam.identities import document_of
from groundcloud.services.iam.records import Group, User


class Source(NamedTuple):
    """A policy's document, and the id under which the simulator shows it."""

    id: str
    document: str
    where: Literal["identity", "boundary"]


def entity_under(ctx: Context, arn: str) -> Entity:
    """The user, group or role of this account under an ARN. Raises `NoSuchEntity`."""
    word, _, path = arn.rpartition(":")[2].partition("/")
    kind = next((kind for kind, facts in KINDS.items() if facts.word == word), None)
    found = ctx.get(kind, path.rpartition("/")[2]) if kind is not None else None
    if found is None or found.arn != arn:
        raise errors.NoSuchEntity(arn=arn)
    return found


def policies_of(ctx: Context, entity: Entity) -> Iterator[Source]:
    """Those written into it, attached to it, those of its groups, and its boundary."""
    word = KINDS[type(entity)].word
    for name, document in entity.inline_policies.items():
        yield Source(f"{word}_{name_of(entity)}_{name}", document, "identity")
    for arn in entity.attached_policies:
        attached = document_of(ctx.tx, arn)
        if attached is not None:
            yield Source(arn.rpartition("/")[2], attached, "identity")
    for group_name in entity.groups if isinstance(entity, User) else ():
        group = ctx.get(Group, group_name)
        if group is not None:
            yield from policies_of(ctx, group)
    if not isinstance(entity, Group) and entity.boundary_arn:
        bounding = document_of(ctx.tx, entity.boundary_arn)
        assert bounding is not None  # a policy in use is not deleted
        yield Source(entity.boundary_arn.rpartition("/")[2], bounding, "boundary")
