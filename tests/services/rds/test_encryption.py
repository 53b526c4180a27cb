"""Storage that is encrypted: who has which key. What is on the host's disk is in tests/machines/test_rds_backups.py."""

import json

import pytest

from groundcloud.engines.machines.wanted import Seal
from groundcloud.services.rds import encryption
from groundcloud.services.rds.backups import DBSnapshots
from groundcloud.services.rds.records import DBInstance, DBSnapshot
from tests.cloud import Keys
from tests.services.rds.test_instances import refused


@pytest.fixture()
def kms(cloud):
    return cloud.client("kms")


@pytest.fixture()
def key(kms):
    return kms.create_key()["KeyMetadata"]["Arn"]


@pytest.fixture()
def record(cloud):
    def get(kind, name):
        with cloud.store.snapshot() as tx:
            return tx.get(kind, cloud.account, "us-east-1", name)

    return get


@pytest.fixture()
def opened(cloud):
    """The data key of an instance or a snapshot, as RDS opens it."""

    def ask(made):
        with cloud.store.snapshot() as tx:
            ctx = cloud.cloud.within_rds(tx, made.account, made.region)
            return encryption.opened(ctx, made.region, made.data_key, getattr(made, "source_key", None))

    return ask


@pytest.fixture()
def snapshot(cloud, rds, record):
    """Have a snapshot of an instance that is there."""

    def take(name, of="shop"):
        rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier=of)
        found = record(DBSnapshot, name)
        found.status = "available"
        cloud.store.write(lambda tx: tx.put(found))
        return found

    return take


def test_the_storage_is_encrypted_under_the_key_of_the_service_or_under_one_s_own(
    rds, kms, create, key, opened, record
):
    assert create("plain")["StorageEncrypted"] is False
    managed = create("managed", StorageEncrypted=True)
    assert managed["KmsKeyId"] == kms.describe_key(KeyId="alias/aws/rds")["KeyMetadata"]["Arn"]
    assert create("own", StorageEncrypted=True, KmsKeyId=key)["KmsKeyId"] == key
    keys = {opened(record(DBInstance, name)).key for name in ("managed", "own")}
    assert {len(each) for each in keys} == {64}
    assert len(keys) == 2
    assert opened(record(DBInstance, "plain")) is None


def test_rds_opens_a_key_by_a_grant_that_goes_with_the_instance(cloud, rds, kms, create, key, opened, record):
    create(StorageEncrypted=True, KmsKeyId=key)
    grant = kms.list_grants(KeyId=key)["Grants"][0]
    assert grant["Operations"] == ["Decrypt"]
    found = record(DBInstance, "shop")
    cloud.store.write(lambda tx: encryption.retire(cloud.cloud.within_rds(tx, found.account, found.region), found))
    assert kms.list_grants(KeyId=key)["Grants"] == []
    with pytest.raises(encryption.KeyNotUsable):
        opened(found)


def test_what_is_made_of_something_encrypted_is_encrypted_with_its_key(
    rds, create, becomes, key, opened, record, snapshot
):
    create(StorageEncrypted=True, KmsKeyId=key)
    becomes("available")
    taken = snapshot("before")
    shown = rds.describe_db_snapshots(DBSnapshotIdentifier="before")["DBSnapshots"][0]
    assert (shown["Encrypted"], shown["KmsKeyId"]) == (True, key)
    made = rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="copy", DBSnapshotIdentifier="before")
    assert made["DBInstance"]["KmsKeyId"] == key
    rds.create_db_instance_read_replica(DBInstanceIdentifier="reads", SourceDBInstanceIdentifier="shop")
    keys = {opened(record(DBInstance, each)).key for each in ("shop", "copy", "reads")}
    assert len(keys) == 1
    assert taken.data_key == record(DBInstance, "shop").data_key


def test_a_key_that_cannot_be_used_is_refused_when_it_is_asked_for(cloud, iam, rds, kms, create, key):
    with refused(rds, "KMSKeyNotAccessibleFault"):
        create(StorageEncrypted=True, KmsKeyId="alias/nothing")
    kms.disable_key(KeyId=key)
    with refused(rds, "KMSKeyNotAccessibleFault"):
        create(StorageEncrypted=True, KmsKeyId=key)
    iam.create_user(UserName="dev")
    statement = [{"Effect": "Allow", "Action": ["rds:*", "ec2:*"], "Resource": "*"}]
    iam.put_user_policy(
        UserName="dev", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement})
    )
    dev = cloud.client("rds", Keys.of(iam.create_access_key(UserName="dev")["AccessKey"]))
    kms.enable_key(KeyId=key)
    with refused(dev, "KMSKeyNotAccessibleFault"):
        dev.create_db_instance(
            DBInstanceIdentifier="devs", Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20,
            MasterUsername="lab", MasterUserPassword="not-so-secret", StorageEncrypted=True, KmsKeyId=key,
        )  # fmt: skip


class Volumes:
    """An engine for volumes that notes what is made of what."""

    def __init__(self):
        self.made = []

    def create(self, volume, size, snapshot, seal):
        self.made.append((snapshot, seal))

    def snapshot(self, volume, snapshot):
        self.made.append(snapshot)

    def delete(self, volume):
        pass

    delete_snapshot = delete

    @property
    def volumes(self):
        return self


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_copy_under_another_key_is_encrypted_anew(
    cloud, rds, kms, create, becomes, key, opened, record, snapshot, encrypted
):
    create(StorageEncrypted=encrypted)
    becomes("available")
    before = snapshot("before")
    copied = rds.copy_db_snapshot(
        SourceDBSnapshotIdentifier="before", TargetDBSnapshotIdentifier="copy", KmsKeyId=key
    )["DBSnapshot"]  # fmt: skip
    assert (copied["Status"], copied["Encrypted"], copied["KmsKeyId"]) == ("creating", True, key)
    engine = Volumes()
    controller = DBSnapshots(cloud.store, engine, cloud.cloud.within_rds, cloud.clock)
    rds.delete_db_snapshot(DBSnapshotIdentifier="before")
    waiting = record(DBSnapshot, "before")
    assert controller.reconcile(waiting.key_values(), waiting).write is None  # it is being read
    wanted = record(DBSnapshot, "copy")
    cloud.store.write(controller.reconcile(wanted.key_values(), wanted).write)
    (source, seal), taken = engine.made
    assert (source, taken) == (before.engine_snapshot, wanted.engine_snapshot)
    assert isinstance(seal, Seal)
    assert seal.source == (opened(before).key if encrypted else b"")
    assert seal.key != seal.source
    after = record(DBSnapshot, "copy")
    assert (after.status, after.copy_of, after.source_key) == ("available", "", None)
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_an_encrypted_snapshot_is_shared_with_accounts_alone_and_not_with_the_key_of_the_service(
    rds, create, becomes, key, snapshot
):
    create(StorageEncrypted=True, KmsKeyId=key)
    create("managed", StorageEncrypted=True)
    for name in ("shop", "managed"):
        becomes("available", name)
        snapshot(f"of-{name}", name)

    def share(name, account):
        rds.modify_db_snapshot_attribute(
            DBSnapshotIdentifier=name, AttributeName="restore", ValuesToAdd=[account]
        )  # fmt: skip

    share("of-shop", "111122223333")
    with refused(rds, "InvalidDBSnapshotState"):
        share("of-shop", "all")
    with refused(rds, "InvalidDBSnapshotState"):
        share("of-managed", "111122223333")
