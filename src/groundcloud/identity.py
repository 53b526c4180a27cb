"""Who calls: the principal behind a request, and where its secrets and policies come from.

The gateway knows no service; `services/iam/identities.py` fulfils `Identities` and `main.py` brings the two together.
"""

from datetime import datetime
from enum import Enum
from typing import NamedTuple, Protocol

import msgspec

from groundcloud.policy import Caller, Policies
from groundcloud.store import Transaction


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a set of temporary credentials carries with it, sealed inside its session token."""

    name: str = ""
    issued: datetime
    expires: datetime
    policies: tuple[str, ...] = ()
    """Session policies: documents given when the session was made."""
    policy_arns: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str = ""
    mfa_authenticated: datetime | None = None
    federated_provider: str = ""
    """The SAML or OIDC provider that vouched for the caller, if one did."""
    facts: dict[str, str | list[str]] = {}
    """Condition keys that the provider's assertion gave (`saml:sub`, `<issuer>:aud`, ...)."""
    chained: bool = False


_ASSERTED = ("SAMLUser", "WebIdentityUser")


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """The caller of an operation.

    `type` is Root, User, AssumedRole, FederatedUser, Service, Anonymous, or SAMLUser and WebIdentityUser for who shows
    an identity provider's assertion; `user_id` is AWS's `aws:userid`; `name` is the user's or the role's name;
    `entity_arn` is the ARN of the IAM user or role whose policies apply.
    """

    type: str
    account: str
    arn: str
    user_id: str = ""
    name: str = ""
    entity_arn: str = ""
    access_key_id: str = ""
    service: str = ""
    session: Session | None = None

    @property
    def caller(self) -> Caller:
        """The principal as the policy engine sees it. A service belongs to no account, whomever it works for."""
        return Caller(
            type=self.type,
            account="" if self.service else self.account,
            arn=self.arn,
            role_arn=self.entity_arn if self.type in ("AssumedRole", "FederatedUser") else "",
            service=self.service,
            federated=self.session.federated_provider if self.session and self.type in _ASSERTED else "",
        )


ANONYMOUS = Principal(type="Anonymous", account="", arn="*", user_id="anonymous")


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """An access key with its secret, as the store has it."""

    principal: Principal
    secret: str
    token: str = ""
    active: bool = True
    expires: datetime | None = None


class Use(NamedTuple):
    """That a principal's credentials were used: for what, where and when."""

    principal: Principal
    service: str
    """As in IAM's answers and in actions: `iam`, `s3`."""
    region: str
    time: datetime
    action: str = ""
    """The operation's name."""


class AssumableRole(msgspec.Struct, frozen=True, kw_only=True):
    """What STS needs of a role."""

    account: str
    name: str
    arn: str
    role_id: str
    trust_policy: str
    max_session_duration: int
    tags: dict[str, str] = {}
    service_linked: bool = False

    def session(self, name: str) -> Principal:
        """Who a service is that takes this role on for itself, under a session's name."""
        return Principal(
            type="AssumedRole", account=self.account, name=self.name, entity_arn=self.arn,
            arn=f"arn:aws:sts::{self.account}:assumed-role/{self.name}/{name}", user_id=f"{self.role_id}:{name}",
        )  # fmt: skip


class InstanceProfileFound(NamedTuple):
    """An instance profile, as EC2 needs it."""

    arn: str
    id: str
    role_arn: str
    """Empty for a profile without a role."""


class SamlTrust(msgspec.Struct, frozen=True, kw_only=True):
    """A SAML identity provider that an account trusts: who it is, and the certificates it signs with (DER)."""

    arn: str
    account: str
    name: str
    issuer: str
    certificates: tuple[bytes, ...]
    valid_until: datetime | None = None


class OidcTrust(msgspec.Struct, frozen=True, kw_only=True):
    """An OpenID Connect provider that an account trusts. `keys` is its JSON Web Key Set (RFC 7517), empty until it was
    fetched."""

    principal: str
    """What a trust policy names: the provider's ARN, or the name of a provider that needs none."""
    issuer: str
    client_ids: tuple[str, ...] | None
    """None where the trust policy alone says which audiences it takes."""
    keys: bytes = b""


class MfaVerdict(Enum):
    """What became of a code of a multi-factor device."""

    VALID = "valid"
    NO_DEVICE = "no device"
    WRONG_CODE = "wrong code"


class Identities(Protocol):
    """Where credentials and policies are found. Every answer is read within the given transaction."""

    def credential(self, tx: Transaction, access_key_id: str, token: str) -> Credential | None:
        """The credential behind a key, or None where there is none. Raises `BadToken` for a token that is not ours."""
        ...

    def policies(self, tx: Transaction, principal: Principal) -> Policies:
        """What applies to the principal: identity, boundary, session and organization policies."""
        ...

    def tags(self, tx: Transaction, principal: Principal) -> dict[str, str]:
        """The principal's tags (`aws:PrincipalTag/...`), those of its session over those of its entity."""
        ...

    def organization(self, tx: Transaction, account: str) -> str:
        """The id of the account's organization, or nothing."""
        ...

    def role(self, tx: Transaction, arn: str) -> AssumableRole | None:
        """The role of any account under its full ARN."""
        ...

    def instance_profile(self, tx: Transaction, account: str, name: str) -> InstanceProfileFound | None:
        """The instance profile of an account by its name."""
        ...

    def use_mfa_code(self, tx: Transaction, user: Principal, serial: str, code: str, now: datetime) -> MfaVerdict:
        """Whether the code is that of the user's device now. A code is good once."""
        ...

    def saml_provider(self, tx: Transaction, arn: str) -> SamlTrust | None:
        """The SAML provider of any account."""
        ...

    def oidc_provider(self, tx: Transaction, account: str, issuer: str) -> OidcTrust | None:
        """The provider of this issuer (without `https://`) that the account trusts, with the keys that are known."""
        ...

    def want_oidc_keys(self, issuer: str) -> None:
        """Say that a token showed a key that is not known: the keys are fetched again soon. Never waits."""
        ...


class BadToken(Exception):
    """A session token that this installation did not issue, or that belongs to another key."""
