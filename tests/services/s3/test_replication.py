"""Replication is carried out. Sources: S3 User Guide, "What does Amazon S3 replicate?", "Getting replication status
information", "Setting up permissions for live replication", "Changing the replica owner"."""

import json

import pytest

from groundcloud.controllers import Loop
from groundcloud.services.s3.records import Blob, Replication
from groundcloud.services.s3.replication_controller import Replicator
from tests.cloud import Keys
from tests.services.s3.test_access import code_of, policy

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)


def replicator(cloud):
    every = [each for _, found in cloud.loops.plane_controllers() for each in found]
    return next(each for each in every if isinstance(each, Replicator))


@pytest.fixture()
def replicate(cloud):
    def replicate() -> None:
        Loop(cloud.store, [replicator(cloud)], now=cloud.clock).settle()

    return replicate


@pytest.fixture()
def role(iam):
    """A role that S3 takes and that may do all that replication needs."""
    arn = iam.create_role(RoleName="replication", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    allow(iam, "s3:*", "kms:*")
    return arn


def allow(iam, *actions, name="all"):
    document = policy(Action=list(actions), Resource="*")
    iam.put_role_policy(RoleName="replication", PolicyName=name, PolicyDocument=document)


def versioned(s3, name, **options):
    s3.create_bucket(Bucket=name, **options)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture()
def source(s3):
    return versioned(s3, "source")


@pytest.fixture()
def target(s3):
    return versioned(s3, "target")


def rule(**members):
    found = {
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::target"},
    }
    return {**found, **members}


def turn_on(s3, role, *rules):
    s3.put_bucket_replication(
        Bucket="source", ReplicationConfiguration={"Role": role, "Rules": list(rules) or [rule()]}
    )


def status(s3, bucket, key):
    return s3.head_object(Bucket=bucket, Key=key).get("ReplicationStatus")


def test_new_objects_are_replicated_and_old_ones_are_not(s3, role, source, target, replicate):
    s3.put_object(Bucket=source, Key="old", Body=b"old")
    turn_on(s3, role)
    made = s3.put_object(
        Bucket=source, Key="new", Body=b"new", Metadata={"a": "b"}, ContentType="text/plain", Tagging="k=v"
    )
    assert status(s3, source, "new") == "PENDING"
    replicate()
    assert status(s3, source, "new") == "COMPLETED"
    assert status(s3, source, "old") is None
    found = s3.get_object(Bucket=target, Key="new")
    assert found["Body"].read() == b"new"
    assert found["ReplicationStatus"] == "REPLICA"
    assert found["VersionId"] == made["VersionId"]
    assert found["ETag"] == made["ETag"]
    assert found["Metadata"] == {"a": "b"}
    assert found["ContentType"] == "text/plain"
    assert s3.get_object_tagging(Bucket=target, Key="new")["TagSet"] == [{"Key": "k", "Value": "v"}]
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=target)["Contents"]] == ["new"]


def test_objects_of_many_bytes_and_of_parts_are_replicated(cloud, s3, role, source, target, replicate):
    turn_on(s3, role)
    s3.put_object(Bucket=source, Key="large", Body=b"x" * 300_000)
    upload = s3.create_multipart_upload(Bucket=source, Key="parts", ChecksumAlgorithm="SHA256")["UploadId"]
    parts = []
    for number, data in ((1, b"a" * 5 * 1024 * 1024), (2, b"b" * 100)):
        part = s3.upload_part(
            Bucket=source, Key="parts", UploadId=upload, PartNumber=number, Body=data, ChecksumAlgorithm="SHA256"
        )
        parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]})
    s3.complete_multipart_upload(Bucket=source, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
    replicate()
    assert s3.get_object(Bucket=target, Key="large")["Body"].read() == b"x" * 300_000
    second = s3.get_object(Bucket=target, Key="parts", PartNumber=2)
    assert second["Body"].read() == b"b" * 100
    assert second["PartsCount"] == 2
    assert s3.head_object(Bucket=target, Key="parts")["ETag"] == s3.head_object(Bucket=source, Key="parts")["ETag"]
    with cloud.store.snapshot() as tx:
        files = {blob.file for blob in tx.scan(Blob) if blob.file}
    assert len(files) == 4  # each bucket has bytes of its own


def test_rules_choose_by_prefix_and_tag(s3, role, source, target, replicate):
    s3.create_bucket(Bucket="other")
    s3.put_bucket_versioning(Bucket="other", VersioningConfiguration={"Status": "Enabled"})
    turn_on(
        s3,
        role,
        rule(Filter={"Prefix": "a/"}),
        rule(
            Priority=2,
            Filter={"Tag": {"Key": "to", "Value": "other"}},
            Destination={"Bucket": "arn:aws:s3:::other", "StorageClass": "STANDARD_IA"},
        ),
    )
    s3.put_object(Bucket=source, Key="a/1", Body=b"")
    s3.put_object(Bucket=source, Key="b/2", Body=b"", Tagging="to=other")
    s3.put_object(Bucket=source, Key="c/3", Body=b"")
    replicate()
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=target)["Contents"]] == ["a/1"]
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="other")["Contents"]] == ["b/2"]
    assert s3.head_object(Bucket="other", Key="b/2")["StorageClass"] == "STANDARD_IA"
    assert status(s3, source, "c/3") is None


def test_delete_markers_follow_where_the_rule_says_so(s3, role, source, target, replicate):
    turn_on(s3, role, rule(Filter={"Prefix": "a"}, DeleteMarkerReplication={"Status": "Enabled"}),
            rule(Priority=2, Filter={"Prefix": "b"}))  # fmt: skip
    for key in ("a", "b"):
        s3.put_object(Bucket=source, Key=key, Body=b"")
    replicate()
    marker = s3.delete_object(Bucket=source, Key="a")["VersionId"]
    s3.delete_object(Bucket=source, Key="b")
    kept = s3.list_object_versions(Bucket=source, Prefix="a")["Versions"][0]["VersionId"]
    replicate()
    found = s3.list_object_versions(Bucket=target)
    assert [(each["Key"], each["VersionId"]) for each in found["DeleteMarkers"]] == [("a", marker)]
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=target)["Contents"]] == ["b"]
    s3.delete_object(Bucket=source, Key="a", VersionId=kept)
    replicate()
    assert len(s3.list_object_versions(Bucket=target, Prefix="a")["Versions"]) == 1  # versions stay


def test_changes_of_tags_and_locks_follow(s3, role, target, replicate):
    for name in ("locked", "locked-too"):
        s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    s3.put_bucket_replication(
        Bucket="locked",
        ReplicationConfiguration={"Role": role, "Rules": [rule(Destination={"Bucket": "arn:aws:s3:::locked-too"})]},
    )
    s3.put_object(Bucket="locked", Key="k", Body=b"k")
    replicate()
    s3.put_object_tagging(Bucket="locked", Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.put_object_legal_hold(Bucket="locked", Key="k", LegalHold={"Status": "ON"})
    assert status(s3, "locked", "k") == "PENDING"
    replicate()
    assert status(s3, "locked", "k") == "COMPLETED"
    found = s3.head_object(Bucket="locked-too", Key="k")
    assert found["ObjectLockLegalHoldStatus"] == "ON"
    assert s3.get_object_tagging(Bucket="locked-too", Key="k")["TagSet"] == [{"Key": "a", "Value": "b"}]


def test_versions_arrive_in_their_order_whatever_order_they_are_copied_in(cloud, s3, role, source, target, replicate):
    turn_on(s3, role)
    ids = [s3.put_object(Bucket=source, Key="k", Body=str(n).encode())["VersionId"] for n in range(3)]
    found = replicator(cloud)
    with cloud.store.snapshot() as tx:
        tasks = list(tx.scan(Replication))
    for task in reversed(tasks):
        outcome = found.reconcile(task.key_values(), task)
        cloud.store.write(outcome.write)
    listed = s3.list_object_versions(Bucket=target)["Versions"]
    assert [each["VersionId"] for each in listed] == ids[::-1]
    assert s3.get_object(Bucket=target, Key="k")["Body"].read() == b"2"


def test_doing_it_again_changes_nothing(cloud, s3, role, source, target, replicate):
    turn_on(s3, role)
    s3.put_object(Bucket=source, Key="k", Body=b"x" * 100_000)
    found = replicator(cloud)
    with cloud.store.snapshot() as tx:
        [task] = tx.scan(Replication)
    found.reconcile(task.key_values(), task)  # and the process is killed before the outcome is written
    assert status(s3, source, "k") == "PENDING"
    replicate()
    assert status(s3, source, "k") == "COMPLETED"
    assert len(s3.list_object_versions(Bucket=target)["Versions"]) == 1
    with cloud.store.snapshot() as tx:
        assert len([blob for blob in tx.scan(Blob) if blob.file]) == 2
        assert not tx.exists(Replication)


def test_what_the_role_may_not_do_fails(iam, s3, role, source, target, replicate):
    turn_on(s3, role)
    allow(iam, "s3:Get*", "s3:ListBucket", "s3:ReplicateDelete")
    s3.put_object(Bucket=source, Key="k", Body=b"")
    replicate()
    assert status(s3, source, "k") == "FAILED"
    assert "Contents" not in s3.list_objects_v2(Bucket=target)
    allow(iam, "s3:Get*", "s3:ListBucket", "s3:ReplicateObject")
    s3.put_object(Bucket=source, Key="k2", Body=b"", Tagging="a=b")
    replicate()
    assert status(s3, source, "k2") == "COMPLETED"
    assert s3.get_object_tagging(Bucket=target, Key="k2")["TagSet"] == []  # without s3:ReplicateTags
    iam.update_assume_role_policy(RoleName="replication", PolicyDocument=TRUST.replace("s3.", "ec2."))
    s3.put_object(Bucket=source, Key="k3", Body=b"")
    replicate()
    assert status(s3, source, "k3") == "FAILED"


def test_replicas_go_to_another_region_and_account_and_may_change_their_owner(cloud, s3, role, source, replicate):
    account = cloud.cloud.create_account("other", "other@example.com")
    key = cloud.cloud.create_admin(account)
    keys = Keys(key["access_key_id"], key["secret_access_key"])
    theirs = cloud.client("s3", keys, region_name="eu-west-1")
    versioned(
        theirs, "far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}, ObjectOwnership="ObjectWriter"
    )
    turn_on(s3, role, rule(Destination={"Bucket": "arn:aws:s3:::far"}))
    s3.put_object(Bucket=source, Key="before", Body=b"")
    replicate()
    assert status(s3, source, "before") == "FAILED"  # the destination's policy does not let the role in
    actions = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags", "s3:ObjectOwnerOverrideToBucketOwner"]
    document = policy(Principal={"AWS": role}, Action=actions, Resource="arn:aws:s3:::far/*")
    theirs.put_bucket_policy(Bucket="far", Policy=document)
    s3.put_object(Bucket=source, Key="after", Body=b"after")
    replicate()
    assert status(s3, source, "after") == "COMPLETED"
    ours = s3.list_buckets()["Owner"]["ID"]
    assert theirs.get_object_acl(Bucket="far", Key="after")["Owner"]["ID"] == ours
    to = {"Bucket": "arn:aws:s3:::far", "Account": account, "AccessControlTranslation": {"Owner": "Destination"}}
    turn_on(s3, role, rule(Destination=to))
    s3.put_object(Bucket=source, Key="given", Body=b"given")
    replicate()
    assert theirs.get_object(Bucket="far", Key="given")["Body"].read() == b"given"
    owner = theirs.get_object_acl(Bucket="far", Key="given")["Owner"]["ID"]
    assert owner == theirs.list_buckets()["Owner"]["ID"]


def test_objects_under_kms_keys_follow_where_the_rule_names_a_key(cloud, s3, role, source, target, replicate):
    kms = cloud.client("kms")
    ours, replicas = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    turn_on(s3, role)
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": ours}
    s3.put_object(Bucket=source, Key="left", Body=b"", **encrypted)
    criteria = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    to = {"Bucket": "arn:aws:s3:::target", "EncryptionConfiguration": {"ReplicaKmsKeyID": replicas}}
    turn_on(s3, role, rule(SourceSelectionCriteria=criteria, Destination=to))
    s3.put_object(Bucket=source, Key="taken", Body=b"taken", **encrypted)
    replicate()
    assert status(s3, source, "left") is None
    found = s3.get_object(Bucket=target, Key="taken")
    assert found["Body"].read() == b"taken"
    assert found["SSEKMSKeyId"] == replicas


def test_configurations_that_cannot_be_are_refused(iam, s3, role, source, target):
    assert code_of(lambda: s3.get_bucket_replication(Bucket=source))[0] == "ReplicationConfigurationNotFoundError"
    s3.create_bucket(Bucket="plain")
    for name, text in (("plain", "must have versioning"), ("nobodys", "must exist"), ("source", "cannot be the same")):
        to = rule(Destination={"Bucket": f"arn:aws:s3:::{name}"})
        refused = code_of(lambda to=to: turn_on(s3, role, to))
        assert refused[0] == "InvalidRequest"
        assert text in refused[1]
    turn_on(s3, role)
    found = s3.get_bucket_replication(Bucket=source)["ReplicationConfiguration"]
    assert found["Role"] == role
    assert found["Rules"][0]["ID"]
    suspended = {"Bucket": source, "VersioningConfiguration": {"Status": "Suspended"}}
    assert code_of(lambda: s3.put_bucket_versioning(**suspended))[0] == "InvalidBucketState"
    s3.delete_bucket_replication(Bucket=source)
    s3.put_bucket_versioning(**suspended)


def test_whoever_sets_it_up_must_be_allowed_to_pass_the_role(cloud, iam, s3, role, source, target):
    iam.create_user(UserName="bob")
    iam.put_user_policy(UserName="bob", PolicyName="s3", PolicyDocument=policy(Action="s3:*", Resource="*"))
    bob = cloud.client("s3", Keys.of(iam.create_access_key(UserName="bob")["AccessKey"]))
    refused = code_of(lambda: turn_on(bob, role))
    assert refused[0] == "AccessDenied"
    assert "iam:PassRole" in refused[1]


def test_a_replica_is_not_replicated_again(s3, role, source, target, replicate):
    turn_on(s3, role)
    s3.put_bucket_replication(
        Bucket=target,
        ReplicationConfiguration={"Role": role, "Rules": [rule(Destination={"Bucket": "arn:aws:s3:::source"})]},
    )
    s3.put_object(Bucket=source, Key="k", Body=b"k")
    s3.put_object(Bucket=target, Key="back", Body=b"b")
    replicate()
    assert len(s3.list_object_versions(Bucket=source)["Versions"]) == 2
    assert len(s3.list_object_versions(Bucket=target)["Versions"]) == 2
    assert status(s3, target, "k") == "REPLICA"
    assert status(s3, source, "back") == "REPLICA"


def test_changes_of_a_replica_come_back_where_the_rule_says_so(s3, role, source, target, replicate):
    """Source: S3 User Guide, "Replicating metadata changes with replica modification sync"."""
    turn_on(s3, role)
    criteria = {"ReplicaModifications": {"Status": "Enabled"}}
    back = rule(Destination={"Bucket": "arn:aws:s3:::source"}, SourceSelectionCriteria=criteria)
    s3.put_bucket_replication(Bucket=target, ReplicationConfiguration={"Role": role, "Rules": [back]})
    s3.put_object(Bucket=source, Key="k", Body=b"k")
    replicate()
    s3.put_object_tagging(Bucket=target, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    replicate()
    assert s3.get_object_tagging(Bucket=source, Key="k")["TagSet"] == [{"Key": "a", "Value": "b"}]
    assert (status(s3, source, "k"), status(s3, target, "k")) == ("COMPLETED", "REPLICA")


def test_objects_under_a_customer_s_key_are_not_replicated(s3, role, source, target, replicate):
    turn_on(s3, role)
    key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    s3.put_object(Bucket=source, Key="k", Body=b"k", **key)
    replicate()
    assert s3.head_object(Bucket=source, Key="k", **key)["ReplicationStatus"] == "FAILED"
    assert "Contents" not in s3.list_objects_v2(Bucket=target)


def test_what_is_gone_before_its_turn_is_forgotten(cloud, s3, role, source, target, replicate):
    turn_on(s3, role)
    made = s3.put_object(Bucket=source, Key="k", Body=b"k")
    s3.delete_object(Bucket=source, Key="k", VersionId=made["VersionId"])
    replicate()
    assert "Versions" not in s3.list_object_versions(Bucket=target)
    with cloud.store.snapshot() as tx:
        assert not tx.exists(Replication)
