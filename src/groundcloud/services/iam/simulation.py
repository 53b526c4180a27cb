"""The policy simulators: what the policy engine would decide, without doing anything."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.identity import Principal
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.policy import (
    Caller,
    Layer,
    MalformedPolicy,
    Match,
    Policies,
    Policy,
    Position,
    Question,
    Simulation,
    parse,
    simulate,
)
from groundcloud.resource import Resource
from groundcloud.services.iam import provider_errors as errors
from groundcloud.services.iam.entity_policies import entity_under, policies_of
from groundcloud.services.iam.records import Role, User
from groundcloud.store import Part

SCALARS = frozenset({"string", "numeric", "boolean", "ip", "binary", "date"})


class ContextEntry(Part):
    context_key_name: str = ""
    context_key_values: list[str] = []
    context_key_type: str = "string"


class OrganizationLevel(Part):
    service_control_policy_input_list: list[str] = []


@operation(on="*", read=True)
def simulate_custom_policy(
    ctx: Context,
    policy_input_list: Sequence[str],
    action_names: Sequence[str],
    permissions_boundary_policy_input_list: Sequence[str] = (),
    ordered_organization_policy_input_list: Sequence[OrganizationLevel] = (),
    resource_arns: Sequence[str] = (),
    resource_policy: str = "",
    resource_owner: str = "",
    caller_arn: str = "",
    context_entries: Sequence[ContextEntry] = (),
) -> dict[str, Page]:
    levels = [
        _given(
            level.service_control_policy_input_list, f"OrderedOrganizationPolicyInputList.{number}.ServiceControlPolicy"
        )
        for number, level in enumerate(ordered_organization_policy_input_list, 1)
    ]
    policies = Policies(
        identity=_given(policy_input_list, "PolicyInputList"),
        boundary=_boundary(permissions_boundary_policy_input_list),
        organization=levels,
        resource=_resource_policy(resource_policy, caller_arn),
    )
    caller = _caller(caller_arn or ctx.arn("user/simulated"))
    return _results(action_names, resource_arns, _owner(resource_owner), caller, policies, context_entries)


def _source(ctx: Context, policy_source_arn: str) -> Resource:
    return Resource(policy_source_arn)


@operation(on=_source, read=True)
def simulate_principal_policy(
    ctx: Context,
    policy_source_arn: str,
    action_names: Sequence[str],
    policy_input_list: Sequence[str] = (),
    permissions_boundary_policy_input_list: Sequence[str] = (),
    resource_arns: Sequence[str] = (),
    resource_policy: str = "",
    resource_owner: str = "",
    caller_arn: str = "",
    context_entries: Sequence[ContextEntry] = (),
) -> dict[str, Page]:
    """A boundary in the request takes the place of the entity's own (API reference)."""
    entity = entity_under(ctx, policy_source_arn)
    sources = list(policies_of(ctx, entity))
    own_boundary = [parse(each.document, each.id, "IAM Policy") for each in sources if each.where == "boundary"]
    identity = [parse(each.document, each.id, "IAM Policy") for each in sources if each.where == "identity"]
    policies = Policies(
        identity=[*identity, *_given(policy_input_list, "PolicyInputList")],
        boundary=_boundary(permissions_boundary_policy_input_list) or own_boundary or None,
        organization=_organization(ctx, entity) if isinstance(entity, (User, Role)) else (),
        resource=_resource_policy(resource_policy, caller_arn or policy_source_arn),
    )
    caller = _caller(caller_arn or policy_source_arn)
    return _results(action_names, resource_arns, _owner(resource_owner), caller, policies, context_entries)


def _organization(ctx: Context, entity: User | Role) -> Sequence[Sequence[Policy]]:
    kind, name = ("User", entity.user_name) if isinstance(entity, User) else ("AssumedRole", entity.role_name)
    principal = Principal(type=kind, account=entity.account, arn=entity.arn, name=name)
    return ctx.world.identities.policies(ctx.tx, principal).organization


# -- what is given


def _given(documents: Sequence[str], list_name: str) -> list[Policy]:
    """Policies of the request, called as AWS calls them: by their place in it."""
    return [_parsed(document, f"{list_name}.{number}", "IAM Policy") for number, document in enumerate(documents, 1)]


def _parsed(document: str, name: str, kind: str) -> Policy:
    try:
        return parse(document, name, kind)
    except MalformedPolicy as error:
        raise errors.InvalidInput(reason=f"Invalid policy {name}: {error}") from error


def _boundary(documents: Sequence[str]) -> list[Policy] | None:
    return _given(documents, "PermissionsBoundaryPolicyInputList") or None


def _resource_policy(document: str, caller_arn: str) -> Policy | None:
    if not document:
        return None
    if not caller_arn:
        raise errors.InvalidInput(reason="CallerArn is required when a resource policy is simulated.")
    return _parsed(document, "ResourcePolicy", "Resource Policy")


def _caller(arn: str) -> Caller:
    parts = arn.split(":", 5)
    if len(parts) != 6 or not parts[5].startswith(("user/", "group/", "role/")):
        raise errors.InvalidInput(reason=f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    is_role = parts[5].startswith("role/")
    return Caller(type="AssumedRole" if is_role else "User", account=parts[4], arn=arn, role_arn=arn if is_role else "")


def _owner(arn: str) -> str:
    """The account of ResourceOwner, an ARN or a number."""
    return arn.split(":")[4] if arn.count(":") >= 5 else arn


def _facts(entries: Sequence[ContextEntry]) -> Callable[[str], str | Sequence[str] | None]:
    values: Mapping[str, str | Sequence[str]] = {
        entry.context_key_name.lower(): entry.context_key_values[0]
        if entry.context_key_type in SCALARS and len(entry.context_key_values) == 1
        else entry.context_key_values
        for entry in entries
    }
    return values.get


# -- what comes of it


def _results(
    actions: Sequence[str],
    resource_arns: Sequence[str],
    owner: str,
    caller: Caller,
    policies: Policies,
    entries: Sequence[ContextEntry],
) -> dict[str, Page]:
    """One result for each action on each resource, in their order."""
    facts = _facts(entries)
    found: list[tuple[int, dict[str, Any]]] = []
    for action in actions:
        if not all(action.partition(":")):
            raise errors.InvalidInput(reason=f"Invalid Action Name: {action}")
        for arn in resource_arns or ("*",):
            account = owner or (arn.split(":", 5)[4] if arn.count(":") >= 5 else "")
            question = Question(caller, action, arn, facts, account)
            found.append((len(found), _shown(question, policies, simulate(question, policies))))
    page = page_of(found, key=lambda pair: f"{pair[0]:08}")
    return {"evaluation_results": Page(lambda after: ((at, pair[1]) for at, pair in page.start(after)))}


def _shown(question: Question, policies: Policies, simulation: Simulation) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "eval_action_name": question.action,
        "eval_resource_name": question.resource,
        "eval_decision": simulation.verdict,
        "matched_statements": [_statement(match) for match in simulation.matched],
        "missing_context_values": simulation.missing_context_keys,
    }
    if policies.boundary is not None:
        allowed = simulation.verdicts[Layer.BOUNDARY] == "allowed"
        shown["permissions_boundary_decision_detail"] = {"allowed_by_permissions_boundary": allowed}
    if policies.organization:
        allowed = simulation.verdicts.get(Layer.SERVICE_CONTROL) == "allowed"
        shown["organizations_decision_detail"] = {"allowed_by_organizations": allowed}
    return shown


def _statement(match: Match) -> dict[str, Any]:
    return {
        "source_policy_id": match.policy.name,
        "source_policy_type": match.policy.type,
        "start_position": _position(match.statement.start),
        "end_position": _position(match.statement.end),
    }


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}


# -- which keys they need


@operation(on="*", read=True)
def get_context_keys_for_custom_policy(ctx: Context, policy_input_list: Sequence[str]) -> object:
    return {"context_key_names": _keys(_given(policy_input_list, "PolicyInputList"))}


@operation(on=_source, read=True)
def get_context_keys_for_principal_policy(
    ctx: Context, policy_source_arn: str, policy_input_list: Sequence[str] = ()
) -> object:
    own = [parse(each.document) for each in policies_of(ctx, entity_under(ctx, policy_source_arn))]
    return {"context_key_names": _keys([*own, *_given(policy_input_list, "PolicyInputList")])}


def _keys(policies: Sequence[Policy]) -> list[str]:
    """Each key once, as it is spelled where it comes first."""
    found: dict[str, str] = {}
    for policy in policies:
        for key in policy.context_keys:
            found.setdefault(key.lower(), key)
    return list(found.values())
