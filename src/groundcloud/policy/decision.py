"""Decides a request: which policies apply in which order, and what the answer rests on.

Sources: IAM User Guide, "Policy evaluation logic" (within an account) and "Cross-account policy evaluation logic".
"""

from collections.abc import Iterable, Sequence
from enum import Enum

import msgspec

from groundcloud.policy.principals import Caller, Grant
from groundcloud.policy.statements import Policy, Statement
from groundcloud.policy.wildcard import Facts


class Layer(Enum):
    """The kinds of policies, as AWS's messages call them."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    ROOT = "root user"


class Reason(msgspec.Struct, frozen=True):
    """Which kind of policy decided, and whether by a statement that says so (explicit) or for want of one."""

    layer: Layer
    explicit: bool


class Question(msgspec.Struct, gc=False):
    """What is asked: AWS's request context.

    `resource` is an ARN or `*`; `resource_account` owns it ("" is the caller's). `facts` gives the value of a condition
    key in lower case, None where the request has none; it is asked only for keys that a policy uses. Binary values are
    base64.
    """

    caller: Caller
    action: str
    resource: str
    facts: Facts
    resource_account: str = ""


class Policies(msgspec.Struct, gc=False):
    """All policies that apply to a request.

    None means that there is no such policy, an empty sequence that there is one and it allows nothing.
    """

    identity: Sequence[Policy] = ()
    boundary: Sequence[Policy] | None = None
    session: Sequence[Policy] | None = None
    resource: Policy | None = None
    resource_required: bool = False  # trust policies, keys: who is not allowed there is not allowed at all
    organization: Sequence[Sequence[Policy]] = ()  # SCPs of the caller's account: root, each unit, the account
    resource_control: Sequence[Sequence[Policy]] = ()  # RCPs of the resource's account, likewise


class Match(msgspec.Struct, frozen=True):
    """A statement that applied, and its policy."""

    policy: Policy
    statement: Statement


class Decision(msgspec.Struct, frozen=True, gc=False):
    """The answer, what it rests on, and AWS's sentence for a refusal."""

    allowed: bool
    reason: Reason
    question: Question
    statements: tuple[Match, ...] = ()

    def message(self, resource: str | None = None, name_policy: bool = False) -> str:
        """AWS's sentence (IAM User Guide, "Troubleshoot access denied error messages").

        `resource` as the service words it ("user alice"); by default the ARN, and nothing for `*`. `name_policy` adds
        the denying policy's name, which AWS tells within one account or organization.
        """
        question = self.question
        if question.caller.federated:
            return f"Not authorized to perform {question.action}"
        if resource is None and question.resource != "*":
            resource = question.resource
        caller = question.caller
        who = "anonymous" if caller.type == "Anonymous" else caller.arn or caller.service
        on = f" on resource: {resource}" if resource else ""
        return f"User: {who} is not authorized to perform: {question.action}{on} {self._because(name_policy)}"

    def _because(self, name_policy: bool) -> str:
        layer = self.reason.layer
        if not self.reason.explicit:
            return f"because no {layer.value} allows the {self.question.action} action"
        article = "the" if layer is Layer.TRUST else "an" if layer is Layer.IDENTITY else "a"
        name = self.statements[0].policy.name if name_policy and self.statements else ""
        return f"with an explicit deny in {article} {layer.value}{f': {name}' if name else ''}"


_ROOT = Reason(Layer.ROOT, explicit=True)
_EXPLICIT = {layer: Reason(layer, explicit=True) for layer in Layer}
_IMPLICIT = {layer: Reason(layer, explicit=False) for layer in Layer}
_ALLOWED_BY_IDENTITY = _EXPLICIT[Layer.IDENTITY]


def decide(question: Question, policies: Policies) -> Decision:
    """Whether the caller may do it."""
    denied = _explicit_deny(question, policies)
    if denied is not None:
        return denied
    if policies.organization and not _every_level_allows(policies.organization, question):
        return Decision(False, _IMPLICIT[Layer.SERVICE_CONTROL], question)
    if policies.resource_control and not _every_level_allows(policies.resource_control, question):
        return Decision(False, _IMPLICIT[Layer.RESOURCE_CONTROL], question)
    grant, granted = _granted(question, policies.resource)
    caller = question.caller
    if not caller.account or caller.service or caller.federated:
        return _by_resource_alone(question, granted)
    if question.resource_account and question.resource_account != caller.account:
        mine = _principal_side(question, policies, ())
        return mine if granted or not mine.allowed else _refused_by_resource(question)
    if policies.resource_required and not granted:
        return _refused_by_resource(question)
    if grant is Grant.DIRECT and caller.type != "Root":
        return Decision(True, _EXPLICIT[_resource_layer(question)], question, granted)
    return _principal_side(question, policies, granted if grant is Grant.ROLE else ())


def everywhere(caller: Caller, action: str, policies: Policies) -> bool:
    """Whether the caller may take an action on all that is its account's and has no policy of its own, whatever the
    request brings: no statement that bears upon it names resources or conditions. `decide` says the same of each."""
    if caller.type not in ("User", "Root", "AssumedRole") or caller.service or caller.federated:
        return False
    groups = [*policies.organization, *policies.resource_control]
    groups += [group for group in (policies.boundary, policies.session) if group is not None]
    if any(policy.candidates(action)[0] for group in (*groups, policies.identity) for policy in group):
        return False
    if caller.type != "Root":
        groups.append(policies.identity)
    return all(any(each.unconditional for policy in group for each in policy.candidates(action)[1]) for group in groups)


def _principal_side(question: Question, policies: Policies, granted: tuple[Match, ...]) -> Decision:
    """The caller's own policies. `granted`: what a resource policy gives to the role or user behind the session."""
    caller = question.caller
    reason = _EXPLICIT[_resource_layer(question)] if granted else _ALLOWED_BY_IDENTITY
    if caller.type == "Root":
        reason = _ROOT
    elif not granted:
        found = _first_allow(policies.identity, question)
        if found is None:
            return Decision(False, _IMPLICIT[Layer.IDENTITY], question)
        granted = (found,)
    if policies.boundary is not None and _first_allow(policies.boundary, question) is None:
        return Decision(False, _IMPLICIT[Layer.BOUNDARY], question)
    session = policies.session
    if session is None and caller.type == "FederatedUser":
        session = ()  # GetFederationToken without session policies gives what resource policies give to the session
    if session is not None and _first_allow(session, question) is None:
        return Decision(False, _IMPLICIT[Layer.SESSION], question)
    return Decision(True, reason, question, granted)


def _by_resource_alone(question: Question, granted: tuple[Match, ...]) -> Decision:
    """For services, anonymous callers and holders of an identity provider's token, who have no policies."""
    if granted:
        return Decision(True, _EXPLICIT[_resource_layer(question)], question, granted)
    return _refused_by_resource(question)


def _refused_by_resource(question: Question) -> Decision:
    return Decision(False, _IMPLICIT[_resource_layer(question)], question)


def _resource_layer(question: Question) -> Layer:
    return Layer.TRUST if question.action.lower().startswith("sts:") else Layer.RESOURCE


def layers(question: Question, policies: Policies) -> Iterable[tuple[Layer, Sequence[Policy]]]:
    """The policies by kind, in the order in which a refusal names them."""
    for level in policies.organization:
        yield Layer.SERVICE_CONTROL, level
    for level in policies.resource_control:
        yield Layer.RESOURCE_CONTROL, level
    if policies.resource is not None:
        yield _resource_layer(question), (policies.resource,)
    yield Layer.IDENTITY, policies.identity
    if policies.boundary:
        yield Layer.BOUNDARY, policies.boundary
    if policies.session:
        yield Layer.SESSION, policies.session


def _explicit_deny(question: Question, policies: Policies) -> Decision | None:
    bounded = policies.boundary is not None
    for layer, group in layers(question, policies):
        for policy in group:
            for statement in policy.candidates(question.action)[0]:
                if applies(statement, question, bounded):
                    return Decision(False, _EXPLICIT[layer], question, (Match(policy, statement),))
    return None


def applies(statement: Statement, question: Question, bounded: bool) -> bool:
    """Whether a statement that names the action covers caller, resource and conditions.

    A Deny with NotPrincipal meets every caller who has a permissions boundary (IAM User Guide, "NotPrincipal").
    """
    grade = statement.grade
    if grade is not None and not grade(question.caller) and not (bounded and statement.not_principal):
        return False
    return statement.applies(question.resource, question.facts)


def _first_allow(group: Iterable[Policy], question: Question) -> Match | None:
    for policy in group:
        for statement in policy.candidates(question.action)[1]:
            if statement.applies(question.resource, question.facts):
                return Match(policy, statement)
    return None


def _every_level_allows(levels: Sequence[Sequence[Policy]], question: Question) -> bool:
    return all(_first_allow(level, question) is not None for level in levels)


def _granted(question: Question, policy: Policy | None) -> tuple[Grant, tuple[Match, ...]]:
    """The most direct grant of the resource's policy."""
    best = Grant.NONE
    granted: tuple[Match, ...] = ()
    if policy is None:
        return best, granted
    for statement in policy.candidates(question.action)[1]:
        grant = statement.grade(question.caller) if statement.grade else Grant.NONE
        if grant > best and statement.applies(question.resource, question.facts):
            best, granted = grant, (Match(policy, statement),)
            if best is Grant.DIRECT:
                break
    return best, granted
