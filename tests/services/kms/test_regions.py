import pytest

from tests.services.kms.conftest import refused


@pytest.fixture()
def far(cloud):
    """KMS in another Region."""
    return cloud.client("kms", region_name="eu-west-1")


@pytest.fixture()
def primary(kms):
    return kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]


def test_keys_of_one_region_are_not_seen_in_another(kms, far, key_id, cloud):
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    assert refused(far.decrypt, CiphertextBlob=blob)[0] == "AccessDeniedException"
    arn = f"arn:aws:kms:us-east-1:{cloud.account}:key/{key_id}"
    assert refused(far.describe_key, KeyId=arn) == ("NotFoundException", "Invalid arn us-east-1")


def test_a_replica_opens_what_its_primary_made(kms, far, primary):
    assert primary.startswith("mrk-")
    made = kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1", Description="far")
    assert made["ReplicaKeyMetadata"]["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA"
    blob = kms.encrypt(KeyId=primary, Plaintext=b"x")["CiphertextBlob"]
    opened = far.decrypt(CiphertextBlob=blob)
    assert opened["Plaintext"] == b"x"
    assert opened["KeyId"].split(":")[3] == "eu-west-1"
    kms.rotate_key_on_demand(KeyId=primary)
    later = far.encrypt(KeyId=primary, Plaintext=b"y")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=later)["Plaintext"] == b"y"
    assert refused(kms.replicate_key, KeyId=primary, ReplicaRegion="eu-west-1")[0] == "AlreadyExistsException"
    assert refused(far.rotate_key_on_demand, KeyId=primary)[0] == "UnsupportedOperationException"


def test_policies_tags_and_states_are_each_regions_own(kms, far, primary):
    kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1", Tags=[{"TagKey": "a", "TagValue": "b"}])
    far.disable_key(KeyId=primary)
    kms.encrypt(KeyId=primary, Plaintext=b"x")
    assert refused(far.encrypt, KeyId=primary, Plaintext=b"x")[0] == "DisabledException"
    assert kms.list_resource_tags(KeyId=primary)["Tags"] == []


def test_a_replica_becomes_the_primary(kms, far, primary):
    kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1")
    kms.update_primary_region(KeyId=primary, PrimaryRegion="eu-west-1")
    shown = kms.describe_key(KeyId=primary)["KeyMetadata"]["MultiRegionConfiguration"]
    assert (shown["MultiRegionKeyType"], shown["PrimaryKey"]["Region"]) == ("REPLICA", "eu-west-1")
    assert [key["Region"] for key in shown["ReplicaKeys"]] == ["us-east-1"]
    far.replicate_key(KeyId=primary, ReplicaRegion="ap-northeast-2")


def test_a_primary_waits_for_its_last_replica_to_be_deleted(kms, far, primary, pass_time):
    kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1")
    scheduled = kms.schedule_key_deletion(KeyId=primary, PendingWindowInDays=10)
    assert (scheduled["KeyState"], "DeletionDate" in scheduled) == ("PendingReplicaDeletion", False)
    far.schedule_key_deletion(KeyId=primary, PendingWindowInDays=7)
    pass_time(days=7)
    assert kms.describe_key(KeyId=primary)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    pass_time(days=10)
    assert refused(kms.describe_key, KeyId=primary)[0] == "NotFoundException"


def test_only_a_multi_region_key_is_replicated(kms, key_id):
    assert refused(kms.replicate_key, KeyId=key_id, ReplicaRegion="eu-west-1")[0] == "UnsupportedOperationException"
