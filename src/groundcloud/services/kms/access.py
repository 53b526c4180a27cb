"""Who may use a key: its policy, without which nobody gets in, and its grants.

The functions here are what operations declare by `on=`. A grant that covers a call becomes one more statement of the
key's policy, so that the policy engine decides all of it (AWS KMS Developer Guide, "Grants in AWS KMS"; explicit
denials stand above grants).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from groundcloud.context import Context
from groundcloud.resource import Resource
from groundcloud.services.kms import errors, grant_tokens
from groundcloud.services.kms.ciphertext import Ciphertext, NotCiphertext, read
from groundcloud.services.kms.lookup import Reference, of_reference, reference
from groundcloud.services.kms.managed import key_of_service
from groundcloud.services.kms.records import Alias, Grant, GrantConstraints, Key, RegionSet

_CONTEXT = "kms:encryptioncontext:"
Value = str | Sequence[str] | None


class KeyFacts(Mapping[str, str | Sequence[str]]):
    """The condition keys that a key and an encryption context show, each worked out when a policy asks for it."""

    __slots__ = ("_alias", "_context", "_ctx", "_key", "_more")

    def __init__(self, ctx: Context, key: Key, alias: str, context: Mapping[str, str]) -> None:
        self._ctx = ctx
        self._key = key
        self._alias = alias
        self._context = context
        self._more: dict[str, str] = {}

    def also(self, **facts: str) -> "KeyFacts":
        """With facts of one operation: names without their prefix, in small letters."""
        self._more.update({f"kms:{name}": value for name, value in facts.items()})
        return self

    def __getitem__(self, name: str) -> str | Sequence[str]:
        value = self._value(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._value(name) is not None

    def __iter__(self) -> Iterator[str]:
        return (name for name in (*_FACTS, *self._more) if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _value(self, name: str) -> Value:
        if name.startswith(_CONTEXT):
            wanted = name[len(_CONTEXT) :]
            return next((value for key, value in self._context.items() if key.lower() == wanted), None)
        fact = _FACTS.get(name)
        return fact(self) if fact is not None else self._more.get(name)

    def via_service(self) -> Value:
        """The service that calls for the principal: `s3.us-east-1.amazonaws.com`."""
        called_via = self._ctx.facts.called_via
        return called_via[-1].replace(".", f".{self._ctx.region}.", 1) if called_via else None

    def caller_account(self) -> Value:
        return self._ctx.account or None

    def resource_aliases(self) -> Value:
        key = self._key
        aliases = self._ctx.tx.scan(Alias, key.account, key.region, key.key_id, index="by_key")
        return [alias.alias_name for alias in aliases] or None

    def multi_region_type(self) -> Value:
        if not self._key.multi_region:
            return None
        regions = self._ctx.tx.get(RegionSet, self._key.account, self._key.key_id)
        return "PRIMARY" if regions is None or regions.primary == self._key.region else "REPLICA"


_FACTS: dict[str, Callable[[KeyFacts], Value]] = {
    "kms:calleraccount": KeyFacts.caller_account,
    "kms:encryptioncontextkeys": lambda facts: list(facts._context) or None,
    "kms:keyorigin": lambda facts: facts._key.origin,
    "kms:keyspec": lambda facts: facts._key.key_spec,
    "kms:customermasterkeyspec": lambda facts: facts._key.key_spec,
    "kms:keyusage": lambda facts: facts._key.key_usage,
    "kms:customermasterkeyusage": lambda facts: facts._key.key_usage,
    "kms:multiregion": lambda facts: "true" if facts._key.multi_region else "false",
    "kms:multiregionkeytype": KeyFacts.multi_region_type,
    "kms:requestalias": lambda facts: facts._alias or None,
    "kms:resourcealiases": KeyFacts.resource_aliases,
    "kms:viaservice": KeyFacts.via_service,
}


def resource(
    ctx: Context,
    key: Key,
    *,
    operation: str = "",
    alias: str = "",
    context: Mapping[str, str] = {},
    covers: Callable[[Grant], bool] = lambda grant: True,
    action: str = "",
) -> Resource:
    """A key as policies see it. `operation` is the grant operation, where grants can allow it; `covers` is what more a
    grant must fulfil."""
    policy = key.policy
    if key.grants and operation:
        policy = with_grants(ctx, key, operation, context, covers)
    return Resource(
        arn=key.arn,
        account=key.account,
        tags={tag.tag_key: tag.tag_value for tag in key.tags} if key.tags else None,
        policy=policy,
        policy_required=True,
        facts=KeyFacts(ctx, key, alias, context),
        action=action,
    )


def with_grants(
    ctx: Context, key: Key, operation: str, context: Mapping[str, str], covers: Callable[[Grant], bool]
) -> str:
    """The key's policy, with one more statement for the grants that cover the call."""
    principal = ctx.principal
    names = {principal.arn, principal.entity_arn} - {""}
    for grant in ctx.tx.scan(Grant, key.account, key.region, key.key_id):
        service = grant.grantee_service_principal
        who = service if service and service == principal.service else grant.grantee_principal
        if who not in names and (not service or who != service) and not _is_account(ctx, who):
            continue
        if operation in grant.operations and fulfils(grant.constraints, context) and covers(grant):
            return _granted(key.policy, who or "", operation, bool(service and who == service))
    return key.policy


def _is_account(ctx: Context, who: str | None) -> bool:
    """A grant to an account's root ARN is for its root user."""
    return ctx.principal.type == "Root" and who == f"arn:aws:iam::{ctx.account}:root"


@lru_cache(maxsize=1024)
def _granted(policy: str, who: str, operation: str, service: bool) -> str:
    document = json.loads(policy)
    written = document.get("Statement", [])
    statement = {
        "Effect": "Allow",
        "Principal": {"Service" if service else "AWS": who},
        "Action": f"kms:{operation}",
        "Resource": "*",
    }
    document["Statement"] = [*(written if isinstance(written, list) else [written]), statement]
    return json.dumps(document)


def fulfils(constraints: GrantConstraints | None, context: Mapping[str, str]) -> bool:
    """Whether an encryption context is within a grant's constraints."""
    if constraints is None:
        return True
    if constraints.encryption_context_equals is not None and constraints.encryption_context_equals != context:
        return False
    subset = constraints.encryption_context_subset
    return subset is None or all(context.get(name) == value for name, value in subset.items())


def key_resource(
    ctx: Context, key_id: str, *, operation: str = "", context: Mapping[str, str] = {}, aliases: bool = True
) -> Resource:
    """The key that an identifier means. One that does not exist is for IAM's policies alone to speak of; the operation
    then says that it is not there. An alias that does not exist is told at once: there is no key to ask about."""
    meant = reference(ctx, key_id, aliases)
    if meant.alias and (key := key_of_service(ctx, meant)) is not None:
        return resource(ctx, key, operation=operation, alias=meant.alias, context=context)
    try:
        key = of_reference(ctx, meant)
    except errors.NotFound:
        return Resource(meant.arn, account=meant.account)
    return resource(ctx, key, operation=operation, alias=meant.alias, context=context)


def with_facts(found: Resource, **facts: str) -> Resource:
    """A key's resource with facts of one operation besides."""
    return found._replace(facts=found.facts.also(**facts)) if isinstance(found.facts, KeyFacts) else found


# -- what operations declare


def key(ctx: Context, key_id: str) -> Resource:
    """The key of an operation that manages it."""
    return key_resource(ctx, key_id, aliases=False)


def using(operation: str) -> Callable[..., Resource]:
    """The key of a cryptographic operation that grants can allow."""

    def on(ctx: Context, key_id: str, grant_tokens: Sequence[str]) -> Resource:
        check_tokens(ctx, grant_tokens)
        return key_resource(ctx, key_id, operation=operation)

    return on


def encrypting(operation: str) -> Callable[..., Resource]:
    """The same with an encryption context."""

    def on(ctx: Context, key_id: str, encryption_context: Mapping[str, str], grant_tokens: Sequence[str]) -> Resource:
        check_tokens(ctx, grant_tokens)
        return key_resource(ctx, key_id, operation=operation, context=encryption_context)

    return on


def opening(
    ctx: Context,
    ciphertext_blob: bytes,
    key_id: str,
    encryption_context: Mapping[str, str],
    grant_tokens: Sequence[str],
) -> Resource:
    """The key of Decrypt: the one that is named, or the one that the ciphertext names."""
    check_tokens(ctx, grant_tokens)
    return source(ctx, ciphertext_blob, key_id, encryption_context, "Decrypt")


def source(ctx: Context, blob: bytes, key_id: str, context: Mapping[str, str], operation: str) -> Resource:
    """The key that opens a ciphertext. Raises `AccessDeniedException` when the key that it names is not here."""
    if key_id:
        return key_resource(ctx, key_id, operation=operation, context=context)
    try:
        written = read(blob)
    except NotCiphertext as error:
        raise errors.InvalidCiphertext() from error
    return resource(ctx, named_by(ctx, written), operation=operation, context=context)


def named_by(ctx: Context, written: Ciphertext) -> Key:
    """The key that a ciphertext names."""
    try:
        return of_reference(ctx, Reference(written.account, ctx.region, key_id=written.key_id))
    except errors.NotFound as error:
        raise errors.UnknownCiphertext() from error


def check_tokens(ctx: Context, tokens: Sequence[str]) -> None:
    """Grants work as soon as they are made, so a token adds nothing; one that is none is refused."""
    for token in tokens:
        grant_tokens.read(ctx, token)
