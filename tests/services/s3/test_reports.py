"""Configurations of which a bucket may have many, as the API keeps them."""

import pytest
from botocore.exceptions import ClientError

KINDS = {
    "analytics": {"StorageClassAnalysis": {}},
    "inventory": {
        "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::reports", "Format": "CSV"}},
        "IsEnabled": True,
        "IncludedObjectVersions": "All",
        "Schedule": {"Frequency": "Daily"},
    },
    "metrics": {"Filter": {"Prefix": "a/"}},
    "intelligent_tiering": {"Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_configuration_is_kept_listed_page_by_page_and_deleted(s3, bucket, kind):
    member = "".join(word.capitalize() for word in kind.split("_")) + "Configuration"

    def do(verb, plural="", **arguments):
        return getattr(s3, f"{verb}_bucket_{kind}_configuration{plural}")(Bucket=bucket, **arguments)

    for number in range(101):
        do("put", Id=f"{number:03}", **{member: {"Id": f"{number:03}", **KINDS[kind]}})
    assert do("get", Id="007")[member] == {"Id": "007", **KINDS[kind]}
    first = do("list", "s")
    assert (len(first[f"{member}List"]), first["IsTruncated"]) == (100, True)
    rest = do("list", "s", ContinuationToken=first["NextContinuationToken"])
    assert [each["Id"] for each in rest[f"{member}List"]] == ["100"]
    do("delete", Id="007")
    for verb in ("get", "delete"):
        with pytest.raises(ClientError, match="NoSuchConfiguration"):
            do(verb, Id="007")
    with pytest.raises(ClientError, match="InvalidArgument"):
        do("put", Id="one", **{member: {"Id": "two", **KINDS[kind]}})
