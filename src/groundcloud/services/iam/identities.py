"""Credentials and policies as the gateway asks for them, read from IAM's records."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from groundcloud import tokens
from groundcloud.accounts import Account, root_arn
from groundcloud.identity import (
    AssumableRole,
    Credential,
    InstanceProfileFound,
    MfaVerdict,
    OidcTrust,
    Principal,
    SamlTrust,
    Session,
    Use,
)
from groundcloud.policy import Policies, Policy, parse
from groundcloud.sealing import Sealer
from groundcloud.services.iam.federation import MfaCodes, assumable_role, instance_profile, oidc_trust, saml_trust
from groundcloud.services.iam.managed import managed_document
from groundcloud.services.iam.records import (
    AccessKeySecret,
    AccessKeyUse,
    Group,
    ManagedPolicy,
    Role,
    RoleUse,
    User,
)
from groundcloud.services.iam.service_uses import ServiceUsed, note_service_uses
from groundcloud.store import Transaction

SECRET_PURPOSE = "access key"  # noqa: S105 - what the secret is sealed for
_SERVICE_LINKED = "/aws-service-role/"
Levels = Sequence[Sequence[Policy]]


class IamIdentities:
    """Fulfils `groundcloud.identity.Identities`. What organizations say is given from outside: no service imports
    another."""

    def __init__(
        self,
        sealer: Sealer,
        control_policies: Callable[[Transaction, str], Levels] = lambda tx, account: (),
        organization: Callable[[Transaction, str], str] = lambda tx, account: "",
    ) -> None:
        self._sealer = sealer
        self._control_policies = control_policies
        self._organization = organization
        self._mfa_codes = MfaCodes(sealer)
        self.wanted_oidc_keys: set[str] = set()
        """Issuers whose keys are to be fetched again soon."""

    # -- credentials

    def credential(self, tx: Transaction, access_key_id: str, token: str) -> Credential | None:
        return tx.remembered(("credential", access_key_id, token), lambda: self._credential(tx, access_key_id, token))

    def _credential(self, tx: Transaction, access_key_id: str, token: str) -> Credential | None:
        found = self._temporary(tx, access_key_id, token) if token else self._long_lived(tx, access_key_id)
        if found is None:
            return None
        account = tx.get(Account, found.principal.account)
        return found if account is None or account.status == "ACTIVE" else None

    def _long_lived(self, tx: Transaction, access_key_id: str) -> Credential | None:
        found = tx.get(AccessKeySecret, access_key_id)
        if found is None:
            return None
        principal = self._owner(tx, found)
        if principal is None:
            return None
        secret = self._sealer.open(found.sealed, SECRET_PURPOSE).decode()
        return Credential(principal=principal, secret=secret, active=found.active)

    def _owner(self, tx: Transaction, key: AccessKeySecret) -> Principal | None:
        if not key.user_name:
            return root_principal(key.account, key.access_key_id)
        user = tx.get(User, key.account, key.user_name)
        return None if user is None else user_principal(user, key.access_key_id)

    def _temporary(self, tx: Transaction, access_key_id: str, text: str) -> Credential | None:
        token = tokens.read(text, access_key_id, self._sealer)
        principal = self._of_token(tx, token)
        if principal is None:
            return None
        return Credential(principal=principal, secret=token.secret, token=text, expires=token.session.expires)

    def _of_token(self, tx: Transaction, token: tokens.SessionToken) -> Principal | None:
        """The principal of a session, or None once the user or role behind it is gone."""
        account, session = token.account, token.session
        if token.kind == "Root":
            return Principal(
                type="Root", account=account, arn=root_arn(account), user_id=account,
                access_key_id=token.access_key_id, session=session,
            )  # fmt: skip
        if token.kind == "AssumedRole":
            role = tx.get(Role, account, token.entity)
            if role is None or role.role_id != token.entity_id:
                return None
            return Principal(
                type="AssumedRole", account=account, name=role.role_name, entity_arn=role.arn,
                arn=f"arn:aws:sts::{account}:assumed-role/{role.role_name}/{session.name}",
                user_id=f"{role.role_id}:{session.name}", access_key_id=token.access_key_id, session=session,
            )  # fmt: skip
        user = tx.get(User, account, token.entity) if token.entity else None
        if token.entity and (user is None or user.user_id != token.entity_id):
            return None
        if token.kind == "FederatedUser":
            return Principal(
                type="FederatedUser", account=account, name=token.entity,
                arn=f"arn:aws:sts::{account}:federated-user/{session.name}",
                entity_arn=user.arn if user is not None else root_arn(account),
                user_id=f"{account}:{session.name}", access_key_id=token.access_key_id, session=session,
            )  # fmt: skip
        assert user is not None
        return user_principal(user, token.access_key_id, session)

    # -- policies

    def policies(self, tx: Transaction, principal: Principal) -> Policies:
        if not principal.access_key_id:  # nothing else tells two sessions apart
            return self._policies(tx, principal)
        key = ("policies", principal.access_key_id, principal.arn)
        return tx.remembered(key, lambda: self._policies(tx, principal))

    def _policies(self, tx: Transaction, principal: Principal) -> Policies:
        account = principal.account
        levels = self._control_policies(tx, account) if account else ()
        entity = self._entity(tx, principal)
        if entity is None:
            return Policies(session=self._session_policies(tx, principal), organization=levels)
        if isinstance(entity, Role) and entity.path.startswith(_SERVICE_LINKED):
            levels = ()  # Organizations guide, "Tasks and entities not restricted by SCPs"
        identity = _of_entity(tx, account, entity)
        if isinstance(entity, User):
            for name in entity.groups:
                group = tx.get(Group, account, name)
                if group is not None:
                    identity += _of_entity(tx, account, group)
        boundary = None
        if entity.boundary_arn:
            document = document_of(tx, entity.boundary_arn)
            boundary = [parse(document)] if document is not None else []
        session = self._session_policies(tx, principal)
        return Policies(identity=identity, boundary=boundary, session=session, organization=levels)

    def _entity(self, tx: Transaction, principal: Principal) -> User | Role | None:
        if principal.type == "AssumedRole":
            return tx.get(Role, principal.account, principal.name)
        if principal.type in ("User", "FederatedUser") and principal.name:
            return tx.get(User, principal.account, principal.name)
        return None

    def _session_policies(self, tx: Transaction, principal: Principal) -> list[Policy] | None:
        session = principal.session
        if session is None or not (session.policies or session.policy_arns):
            return None
        documents = [*session.policies, *(document_of(tx, arn) or "" for arn in session.policy_arns)]
        return [parse(document) for document in documents if document]

    # -- facts

    def tags(self, tx: Transaction, principal: Principal) -> dict[str, str]:
        entity = self._entity(tx, principal)
        tags = {tag.key: tag.value for tag in entity.tags} if entity is not None else {}
        if principal.session is None or not principal.session.tags:
            return tags
        folded = {key.lower() for key in principal.session.tags}
        return {**{key: value for key, value in tags.items() if key.lower() not in folded}, **principal.session.tags}

    def organization(self, tx: Transaction, account: str) -> str:
        return self._organization(tx, account)

    # -- what STS asks

    def role(self, tx: Transaction, arn: str) -> AssumableRole | None:
        return assumable_role(tx, arn)

    def instance_profile(self, tx: Transaction, account: str, name: str) -> InstanceProfileFound | None:
        return instance_profile(tx, account, name)

    def use_mfa_code(self, tx: Transaction, user: Principal, serial: str, code: str, now: datetime) -> MfaVerdict:
        return self._mfa_codes.use(tx, user, serial, code, now)

    def saml_provider(self, tx: Transaction, arn: str) -> SamlTrust | None:
        return saml_trust(tx, arn)

    def oidc_provider(self, tx: Transaction, account: str, issuer: str) -> OidcTrust | None:
        return oidc_trust(tx, account, issuer)

    def want_oidc_keys(self, issuer: str) -> None:
        self.wanted_oidc_keys.add(issuer)


def note_uses(tx: Transaction, uses: Iterable[Use]) -> None:
    """Keep when access keys and roles were last used (GetAccessKeyLastUsed, GetRole's RoleLastUsed).

    The gateway gathers uses and writes them now and then, so a use may be of a key or role that is gone by now.
    """
    uses = sorted(uses, key=lambda use: use.time)
    note_service_uses(
        tx,
        (
            ServiceUsed(who.account, who.entity_arn or who.arn, use.service, use.action, use.region, use.time)
            for use in uses
            if (who := use.principal).account
        ),
    )
    for use in {(each.principal.access_key_id, each.principal.arn): each for each in uses}.values():
        principal, time = use.principal, use.time.replace(microsecond=0)
        if principal.type == "AssumedRole":
            role = tx.get(Role, principal.account, principal.name)
            if role is not None and principal.user_id.startswith(role.role_id):
                tx.put(RoleUse(role_id=role.role_id, last_used_date=time, region=use.region))
        elif principal.session is None and tx.get(AccessKeySecret, principal.access_key_id) is not None:
            tx.put(
                AccessKeyUse(
                    access_key_id=principal.access_key_id,
                    last_used_date=time,
                    service_name=use.service,
                    region=use.region,
                )
            )


def root_principal(account: str, access_key_id: str = "") -> Principal:
    return Principal(type="Root", account=account, arn=root_arn(account), user_id=account, access_key_id=access_key_id)


def user_principal(user: User, access_key_id: str, session: Session | None = None) -> Principal:
    return Principal(
        type="User", account=user.account, arn=user.arn, user_id=user.user_id, name=user.user_name,
        entity_arn=user.arn, access_key_id=access_key_id, session=session,
    )  # fmt: skip


def document_of(tx: Transaction, arn: str) -> str | None:
    """The default version of a managed policy, AWS's or a customer's."""
    account = arn.split(":", 5)[4]
    if account == "aws":
        return managed_document(arn)
    policy = tx.get(ManagedPolicy, account, arn.rpartition("/")[2])
    return policy.document if policy is not None else None


def _of_entity(tx: Transaction, account: str, entity: User | Group | Role) -> list[Policy]:
    found = [parse(document) for document in entity.inline_policies.values()]
    for arn in entity.attached_policies:
        document = document_of(tx, arn)
        if document is not None:
            found.append(parse(document))
    return found
