"""May the caller? Asks the policy engine about every resource of a call, and words the denial as the service does."""

from collections.abc import Mapping
from typing import Any

import msgspec

from groundcloud import denials
from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.gateway.facts import RequestFacts
from groundcloud.gateway.signature import ErrorStyle, invalid_token
from groundcloud.identity import Identities, Principal
from groundcloud.operation import NO_PERMISSION, Operation
from groundcloud.policy import Decision, Policies, Question, decide, everywhere, parse
from groundcloud.resource import Resource


class AccessDenied(AwsError, status=403):
    """{message}"""


class AccessDeniedException(AwsError, status=400):
    """{message}"""


class AccessDeniedByRest(AwsError, code="AccessDeniedException", status=403):
    """{message}"""


class UnauthorizedOperation(AwsError, status=403):
    """You are not authorized to perform this operation. {message}"""


_DENIALS: dict[ErrorStyle, type[AwsError]] = {
    ErrorStyle.S3: AccessDenied,
    ErrorStyle.S3_QUERY: AccessDenied,
    ErrorStyle.QUERY: AccessDenied,
    ErrorStyle.EC2: UnauthorizedOperation,
    ErrorStyle.JSON: AccessDeniedException,
    ErrorStyle.REST_JSON: AccessDeniedByRest,
}


def _check_session(principal: Principal, operation: Operation, style: ErrorStyle) -> None:
    """Sessions of users call IAM only when they were made with a multi-factor code, federated users never.

    Source: the API references of GetSessionToken and GetFederationToken, and "Compare AWS STS credentials" in the IAM
    guide. AWS answers as to a token that is not valid.
    """
    session = principal.session
    if session is None or operation.service.prefix != "iam":
        return
    by_code = principal.type in ("User", "Root") and session.mfa_authenticated is not None
    if not by_code and principal.type in ("User", "Root", "FederatedUser"):
        raise invalid_token(style, "")


class Authorizer:
    """Decides calls by the policies that the identities and the resources have."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities

    def check(self, ctx: Context, operation: Operation, arguments: Mapping[str, Any], style: ErrorStyle) -> None:
        """Raises the service's denial unless the caller may do this to every resource of the call."""
        _check_session(ctx.principal, operation, style)
        if operation.declaration.on is NO_PERMISSION or operation.declaration.public:
            return
        policies = self._identities.policies(ctx.tx, ctx.principal)
        for named in self.resources(ctx, operation, arguments):
            for resource in (named, *named.also):
                if self._everywhere(ctx, resource, resource.action or operation.action, policies):
                    continue
                facts = RequestFacts(ctx, ctx.principal, resource, self._identities, operation, arguments)
                self._ask(ctx.principal, resource.action or operation.action, resource, facts, policies, style)

    @staticmethod
    def _everywhere(ctx: Context, resource: Resource, action: str, policies: Policies) -> bool:
        """Whether this resource need not be looked at: the caller may do this to all of the account's. That is worked
        out once for all calls that see the same policies."""
        principal = ctx.principal
        if (
            resource.policy is not None
            or resource.policy_required
            or not principal.access_key_id
            or resource.account not in ("", principal.account)
        ):
            return False
        key = ("everywhere", principal.access_key_id, principal.arn, action)
        found: bool = ctx.tx.remembered(key, lambda: everywhere(principal.caller, action, policies))
        return found

    def check_one(self, ctx: Context, action: str, resource: Resource, principal: Principal, style: ErrorStyle) -> None:
        """The same for one more permission that an operation asks for by itself."""
        policies = self._identities.policies(ctx.tx, principal)
        for each in (resource, *resource.also):
            facts = RequestFacts(ctx, principal, each, self._identities)
            self._ask(principal, action, each, facts, policies, style)

    def resources(self, ctx: Context, operation: Operation, arguments: Mapping[str, Any]) -> list[Resource]:
        """What the call acts on, as the operation declares it."""
        on = operation.declaration.on
        if isinstance(on, str):
            if on == "*":
                return [Resource("*")]
            return [Resource(ctx.arn(on.format_map({**operation.defaults, **arguments})))]
        taken = {name: arguments.get(name, operation.defaults.get(name)) for name in operation.resource_arguments}
        found = on(ctx, **taken)
        return found if isinstance(found, list) else [found]

    def _ask(
        self,
        principal: Principal,
        action: str,
        resource: Resource,
        facts: RequestFacts,
        policies: Policies,
        style: ErrorStyle,
    ) -> None:
        question = Question(principal.caller, action, resource.arn, facts, resource.account)
        if resource.policy is not None or resource.policy_required:
            policies = msgspec.structs.replace(
                policies,
                resource=parse(resource.policy) if resource.policy is not None else None,
                resource_required=resource.policy_required,
            )
        decision = decide(question, policies)
        if not decision.allowed:
            if style is ErrorStyle.EC2:
                raise self._encoded(decision, principal, facts)
            refusal = denial(style, decision)
            refusal.headers = resource.told
            raise refusal

    @staticmethod
    def _encoded(decision: Decision, principal: Principal, facts: RequestFacts) -> AwsError:
        """EC2's denial, with what `sts:DecodeAuthorizationMessage` shows."""
        encoded = denials.encode(decision, principal, facts.known(), facts.sealer)
        reason = f"{decision.message()}. Encoded authorization failure message: {encoded}"
        return UnauthorizedOperation(message=reason)


def denial(style: ErrorStyle, decision: Decision) -> AwsError:
    """The denial in the service's words, with the reason as AWS gives it."""
    question = decision.question
    if style.is_s3 and question.caller.account != (question.resource_account or question.caller.account or None):
        return AccessDenied(message="Access Denied")  # S3 gives reasons within an account only
    return _DENIALS[style](message=decision.message())
