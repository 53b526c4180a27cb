"""The secrets of an instance: passwords of the master user and of replication, and the TLS key of its endpoint."""

import msgspec

from groundcloud.context import Context
from groundcloud.sealing import Sealer
from groundcloud.services.rds.cluster_records import DBCluster
from groundcloud.services.rds.records import DBInstance, DBSecret
from groundcloud.store import Transaction

_PURPOSE = "rds.secrets"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


class Secrets(msgspec.Struct, omit_defaults=True):
    """In the clear: only for the machines of the instance."""

    master_password: str
    replication_password: str
    key: str = ""
    """PEM, as is the certificate; made by the controller."""
    certificate: str = ""


def new_secrets(ctx: Context, master_password: str) -> Secrets:
    return Secrets(master_password, ctx.random_text(_LETTERS, 40))


def new_password(ctx: Context) -> str:
    """A master password that nobody has chosen."""
    return ctx.random_text(_LETTERS, 28)


def seal(sealer: Sealer, secrets: Secrets) -> bytes:
    return sealer.seal(msgspec.json.encode(secrets), _PURPOSE)


def opened(sealer: Sealer, sealed: bytes) -> Secrets:
    return msgspec.json.decode(sealer.open(sealed, _PURPOSE), type=Secrets)


def secrets_of(tx: Transaction, sealer: Sealer, instance: DBInstance | DBCluster) -> Secrets:
    found = tx.get(DBSecret, instance.account, instance.region, instance.dbi_resource_id)
    assert found is not None
    return opened(sealer, found.sealed)


def keep(tx: Transaction, sealer: Sealer, instance: DBInstance | DBCluster, secrets: Secrets) -> None:
    tx.put(DBSecret(instance.account, instance.region, instance.dbi_resource_id, seal(sealer, secrets)))
