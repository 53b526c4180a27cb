"""The global condition keys: what a policy may ask about a request. Each is worked out only when a policy asks.

Source: "AWS global condition context keys" in the IAM guide. A key that does not apply is absent (None).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from groundcloud.context import Context
from groundcloud.gateway.signature import Claim
from groundcloud.identity import Identities, Principal
from groundcloud.operation import Operation
from groundcloud.resource import Resource
from groundcloud.sealing import Sealer

Value = str | Sequence[str] | None


class RequestFacts:
    """Answers the policy engine's questions about one request and one resource."""

    __slots__ = ("_arguments", "_ctx", "_identities", "_operation", "_principal", "_resource")

    def __init__(
        self,
        ctx: Context,
        principal: Principal,
        resource: Resource,
        identities: Identities,
        operation: Operation | None = None,
        arguments: Mapping[str, Any] | None = None,
    ) -> None:
        self._ctx = ctx
        self._principal = principal
        self._resource = resource
        self._identities = identities
        self._operation = operation
        self._arguments = arguments or {}

    def __call__(self, key: str) -> Value:
        """The values of a condition key (lower case), or None where it is absent.

        What the resource states comes first: an operation knows there what a general answer cannot (the tags of a
        session that is being made, a code of a multi-factor device in the request itself).
        """
        if key in self._resource.facts:
            return self._resource.facts[key]
        if (answer := _GLOBAL.get(key)) is not None:
            return answer(self)
        prefix, slash, name = key.partition("/")
        if slash and (tagged := _TAGGED.get(prefix if prefix.startswith("aws:") else prefix.partition(":")[2])):
            return tagged(self, name)
        if (session := self._principal.session) is not None and key in session.facts:
            return session.facts[key]
        if key in self._ctx.facts.extra:
            return self._ctx.facts.extra[key]
        return self._declared(key)

    def _declared(self, key: str) -> Value:
        """A condition key that the operation declares beside itself."""
        if self._operation is None:
            return None
        for name, source in self._operation.declaration.conditions.items():
            if name.lower() == key:
                if isinstance(source, str):
                    return _text(self._arguments.get(source, self._operation.defaults.get(source)))
                taken = self._operation.condition_arguments[name]
                values = {one: self._arguments.get(one, self._operation.defaults.get(one)) for one in taken}
                return _text(source(self._ctx, **values))
        return None

    @property
    def sealer(self) -> Sealer:
        return self._ctx.world.sealer

    def known(self) -> dict[str, str | Sequence[str]]:
        """What describes the resource, for those who may see why they were denied."""
        tags = {f"aws:ResourceTag/{key}": value for key, value in (self._resource.tags or {}).items()}
        facts = {key: value for key, value in self._resource.facts.items() if value is not None}
        return {**facts, **tags}

    # -- about the request

    def source_ip(self) -> Value:
        return self._ctx.facts.source_ip or None

    def referer(self) -> Value:
        return self._ctx.facts.referer or None

    def user_agent(self) -> Value:
        return self._ctx.facts.user_agent or None

    def secure_transport(self) -> Value:
        return _boolean(self._ctx.facts.secure)

    def current_time(self) -> Value:
        return self._ctx.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def epoch_time(self) -> Value:
        return str(int(self._ctx.now().timestamp()))

    def requested_region(self) -> Value:
        return self._ctx.region

    def called_via(self) -> Value:
        return self._ctx.facts.called_via or None

    def called_via_first(self) -> Value:
        return self._ctx.facts.called_via[0] if self._ctx.facts.called_via else None

    def called_via_last(self) -> Value:
        return self._ctx.facts.called_via[-1] if self._ctx.facts.called_via else None

    def via_service(self) -> Value:
        return _boolean(bool(self._ctx.facts.called_via))

    def request_tag(self, name: str) -> Value:
        return _named(self.request_tags(), name)

    def tag_keys(self) -> Value:
        keys = [*self.request_tags(), *self._arguments.get("tag_keys", ())]
        return keys or None

    def request_tags(self) -> dict[str, str]:
        """The tags that the request brings, as a list of keys and values, as a map, or per kind of resource: then
        only those for the kind that is asked about."""
        found = self._arguments.get("tags")
        if isinstance(found, Mapping):
            return dict(found)
        tags = list(found or ())
        kind = self._resource.arn.rpartition(":")[2].partition("/")[0]
        for specification in self._arguments.get("tag_specifications", ()):
            if specification.resource_type == kind:
                tags += specification.tags
        return {tag.key: tag.value or "" for tag in tags}

    # -- about the principal

    def principal_arn(self) -> Value:
        return self._principal.entity_arn or self._principal.arn

    def principal_account(self) -> Value:
        return None if self._principal.service else self._principal.account or None

    def principal_type(self) -> Value:
        return "Account" if self._principal.type == "Root" else self._principal.type

    def principal_tag(self, name: str) -> Value:
        return _named(self._identities.tags(self._ctx.tx, self._principal), name)

    def principal_is_service(self) -> Value:
        return _boolean(self._principal.type == "Service")

    def principal_service(self) -> Value:
        return self._principal.service or None

    def principal_organization(self) -> Value:
        return self._identities.organization(self._ctx.tx, self._principal.account) or None

    def user_id(self) -> Value:
        return self._principal.user_id or None

    def user_name(self) -> Value:
        return self._principal.name if self._principal.type == "User" else None

    def mfa_present(self) -> Value:
        """Absent for long-lived keys, as AWS documents: BoolIfExists is what policies need there."""
        session = self._principal.session
        return None if session is None else _boolean(session.mfa_authenticated is not None)

    def mfa_age(self) -> Value:
        session = self._principal.session
        if session is None or session.mfa_authenticated is None:
            return None
        return str(int((self._ctx.now() - session.mfa_authenticated).total_seconds()))

    def token_issue_time(self) -> Value:
        session = self._principal.session
        return None if session is None else session.issued.strftime("%Y-%m-%dT%H:%M:%SZ")

    def federated_provider(self) -> Value:
        session = self._principal.session
        return session.federated_provider or None if session is not None else None

    def source_identity(self) -> Value:
        session = self._principal.session
        return session.source_identity or None if session is not None else None

    # -- about the resource

    def resource_tag(self, name: str) -> Value:
        return _named(self._resource.tags or {}, name)

    def resource_account(self) -> Value:
        return self._resource.account or self._principal.account or None

    def resource_organization(self) -> Value:
        owner = self._resource.account or self._principal.account
        return self._identities.organization(self._ctx.tx, owner) or None


_GLOBAL: dict[str, Callable[[RequestFacts], Value]] = {
    "aws:calledvia": RequestFacts.called_via,
    "aws:calledviafirst": RequestFacts.called_via_first,
    "aws:calledvialast": RequestFacts.called_via_last,
    "aws:currenttime": RequestFacts.current_time,
    "aws:epochtime": RequestFacts.epoch_time,
    "aws:federatedprovider": RequestFacts.federated_provider,
    "aws:multifactorauthage": RequestFacts.mfa_age,
    "aws:multifactorauthpresent": RequestFacts.mfa_present,
    "aws:principalaccount": RequestFacts.principal_account,
    "aws:principalarn": RequestFacts.principal_arn,
    "aws:principalisawsservice": RequestFacts.principal_is_service,
    "aws:principalorgid": RequestFacts.principal_organization,
    "aws:principalservicename": RequestFacts.principal_service,
    "aws:principaltype": RequestFacts.principal_type,
    "aws:referer": RequestFacts.referer,
    "aws:requestedregion": RequestFacts.requested_region,
    "aws:resourceaccount": RequestFacts.resource_account,
    "aws:resourceorgid": RequestFacts.resource_organization,
    "aws:securetransport": RequestFacts.secure_transport,
    "aws:sourceidentity": RequestFacts.source_identity,
    "aws:sourceip": RequestFacts.source_ip,
    "aws:tagkeys": RequestFacts.tag_keys,
    "aws:tokenissuetime": RequestFacts.token_issue_time,
    "aws:useragent": RequestFacts.user_agent,
    "aws:userid": RequestFacts.user_id,
    "aws:username": RequestFacts.user_name,
    "aws:viaawsservice": RequestFacts.via_service,
}

_TAGGED: dict[str, Callable[[RequestFacts, str], Value]] = {
    "aws:principaltag": RequestFacts.principal_tag,
    "aws:requesttag": RequestFacts.request_tag,
    "aws:resourcetag": RequestFacts.resource_tag,
    "resourcetag": RequestFacts.resource_tag,  # iam:ResourceTag/..., ec2:ResourceTag/...
}


def _named(tags: Mapping[str, str], name: str) -> Value:
    """A tag by its key; condition keys do not tell capitals from small letters."""
    return next((value for key, value in tags.items() if key.lower() == name), None)


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _text(value: Any) -> Value:
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return _boolean(value)
    if isinstance(value, (list, tuple)):
        return [str(each) for each in value]
    return str(value)


_AUTH_TYPES = {"v4-query": "REST-QUERY-STRING", "v2-query": "REST-QUERY-STRING", "post-policy": "POST"}


def signature_facts(claim: Claim | None, now: datetime) -> dict[str, str]:
    """What S3's policies may ask about a signature ("Amazon S3 Signature Version 4 authentication specific policy
    keys"): nothing for anonymous requests."""
    if claim is None:
        return {}
    facts = {
        "s3:authtype": _AUTH_TYPES.get(claim.kind, "REST-HEADER"),
        "s3:signatureversion": "AWS4-HMAC-SHA256" if claim.date else "AWS",
    }
    if claim.kind != "v2-query":
        facts["s3:signatureage"] = str(int((now - claim.time).total_seconds() * 1000))
    if claim.payload_hash is not None:
        facts["s3:x-amz-content-sha256"] = claim.payload_hash
    return facts
