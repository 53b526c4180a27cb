"""Life-cycle rules are carried out: the clock moves, and the controller works."""

import pytest
from botocore.exceptions import ClientError

from groundcloud.controllers import Loop
from groundcloud.services.s3.lifecycle_controller import Lifecycle
from groundcloud.services.s3.records import Object


@pytest.fixture()
def live(cloud):
    """Let a number of days pass, and the controllers work."""

    def live(days: float) -> None:
        cloud.clock.advance(days=days)
        controllers = [each for each in cloud.loops.controllers() if isinstance(each, Lifecycle)]
        Loop(cloud.store, controllers, now=cloud.clock).settle()

    return live


def put_rules(s3, bucket, *rules):
    for number, rule in enumerate(rules):
        rule.update(ID=str(number), Status="Enabled")
        rule.setdefault("Filter", {"Prefix": ""})
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": list(rules)})


def names(cloud, bucket):
    with cloud.store.snapshot() as tx:
        return {each.name: each.attributes.storage_class for each in tx.scan(Object, bucket)}


def test_objects_expire_and_change_their_class(cloud, s3, bucket, live):
    put_rules(
        s3,
        bucket,
        {"Filter": {"Prefix": "log/"}, "Expiration": {"Days": 3}},
        {"Filter": {"Prefix": "old/"}, "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]},
    )
    for key in ("log/a", "old/b", "c"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x" * 200_000)
    live(2)
    assert set(names(cloud, bucket)) == {"log/a", "old/b", "c"}
    live(3)
    assert set(names(cloud, bucket)) == {"old/b", "c"}
    live(30)
    assert names(cloud, bucket) == {"old/b": "GLACIER", "c": "STANDARD"}


def test_old_versions_and_forgotten_uploads_go(cloud, s3, bucket, live, tmp_path):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put_rules(
        s3,
        bucket,
        {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
        {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
    )
    for _ in range(3):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="u")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="u", UploadId=upload, PartNumber=1, Body=b"y" * 100_000)
    live(3)
    files = [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]
    assert len(files) == 1
    assert list(names(cloud, bucket)) == ["k"]


def test_rules_that_make_no_sense_are_refused(s3, bucket):
    with pytest.raises(ClientError, match="InvalidArgument"):
        put_rules(s3, bucket, {"Expiration": {"Days": 0}})
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)
