"""What STS asks of IAM: roles, identity providers with their keys, and codes of multi-factor devices.

`identities.py` gives these answers to the rest of the cloud. Nothing here waits: keys of OpenID Connect providers are
fetched by `oidc_keys.py`, outside all transactions.
"""

from datetime import datetime

from groundcloud import totp
from groundcloud.identity import AssumableRole, InstanceProfileFound, MfaVerdict, OidcTrust, Principal, SamlTrust
from groundcloud.sealing import Sealer
from groundcloud.services.iam.provider_records import MfaSeed, OidcKeys, OidcProvider, SamlProvider, VirtualMfaDevice
from groundcloud.services.iam.records import InstanceProfile, Role
from groundcloud.store import Transaction

SEED_PURPOSE = "mfa seed"
WELL_KNOWN = {"accounts.google.com": "https://accounts.google.com"}
"""Providers that need no record in the account: trust policies name them, and the client ids are theirs to check."""

_MOST_USED = 10_000


def assumable_role(tx: Transaction, arn: str) -> AssumableRole | None:
    """The role under this ARN, path included."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        return None
    role = tx.get(Role, parts[4], parts[5].rpartition("/")[2])
    if role is None or role.arn != arn:
        return None
    return AssumableRole(
        account=role.account,
        name=role.role_name,
        arn=role.arn,
        role_id=role.role_id,
        trust_policy=role.assume_role_policy_document,
        max_session_duration=role.max_session_duration,
        tags={tag.key: tag.value for tag in role.tags},
        service_linked=role.path.startswith("/aws-service-role/"),
    )


def instance_profile(tx: Transaction, account: str, name: str) -> InstanceProfileFound | None:
    """The instance profile of this name, with the ARN of its role."""
    found = tx.get(InstanceProfile, account, name)
    if found is None:
        return None
    role = tx.get(Role, account, found.role_name) if found.role_name else None
    return InstanceProfileFound(found.arn, found.instance_profile_id, role.arn if role is not None else "")


def saml_trust(tx: Transaction, arn: str) -> SamlTrust | None:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("saml-provider/"):
        return None
    found = tx.get(SamlProvider, parts[4], parts[5].partition("/")[2])
    if found is None:
        return None
    return SamlTrust(
        arn=found.arn,
        account=found.account,
        name=found.name,
        issuer=found.issuer,
        certificates=tuple(found.certificates),
        valid_until=found.valid_until,
    )


def oidc_trust(tx: Transaction, account: str, issuer: str) -> OidcTrust | None:
    """The provider with its keys; those are left out where neither a public authority nor one of the provider's
    thumbprints vouches for the server that they came from (IAM guide, "Obtain the thumbprint for an OIDC provider")."""
    known = tx.get(OidcKeys, issuer)
    if issuer in WELL_KNOWN:
        keys = known.keys if known is not None and not known.anchors else b""
        return OidcTrust(principal=issuer, issuer=issuer, client_ids=None, keys=keys)
    provider = tx.get(OidcProvider, account, issuer)
    if provider is None:
        return None
    pinned = {thumbprint.lower() for thumbprint in provider.thumbprint_list}
    vouched = known is not None and all(not pinned.isdisjoint(host) for host in known.anchors)
    return OidcTrust(
        principal=provider.arn,
        issuer=issuer,
        client_ids=tuple(provider.client_id_list),
        keys=known.keys if known is not None and vouched else b"",
    )


class MfaCodes:
    """Checks codes of devices, each good once (RFC 6238, 5.2).

    A call that writes remembers the step in the device's record. One that only reads cannot, so this process remembers
    which codes it has taken in the last minutes.
    """

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._used: dict[tuple[str, int], None] = {}

    def use(self, tx: Transaction, user: Principal, serial: str, code: str, now: datetime) -> MfaVerdict:
        device = tx.get(VirtualMfaDevice, user.account, serial)
        if device is None or user.type not in ("User", "Root") or device.user_name != user.name:
            return MfaVerdict.NO_DEVICE
        seed = seed_of(tx, self._sealer, device)
        step = totp.matching_step(seed, code, now, device.drift)
        if step is None or step <= device.last_step or not self._take(tx, device, step):
            return MfaVerdict.WRONG_CODE
        return MfaVerdict.VALID

    def _take(self, tx: Transaction, device: VirtualMfaDevice, step: int) -> bool:
        if tx.writable:
            device.last_step = step
            tx.put(device)
            return True
        used = device.serial_number, step
        if used in self._used:
            return False
        if len(self._used) >= _MOST_USED:
            for old in list(self._used)[: _MOST_USED // 2]:
                del self._used[old]
        self._used[used] = None
        return True


def seed_of(tx: Transaction, sealer: Sealer, device: VirtualMfaDevice) -> bytes:
    seed = tx.get(MfaSeed, device.account, device.serial_number)
    assert seed is not None
    return sealer.open(seed.sealed, SEED_PURPOSE)
