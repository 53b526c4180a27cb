"""Event messages: the structures of the User Guide's "Event message structure" and of EventBridge."""

from datetime import UTC, datetime

import pytest

from groundcloud.services.s3.rules import event_messages as messages
from groundcloud.services.s3.rules.event_messages import Event

AT = datetime(1970, 1, 1, 0, 0, 0, 2_000, UTC)


def event(name="s3:ObjectCreated:Put", **members):
    usual = {
        "time": AT,
        "region": "us-west-2",
        "bucket": "amzn-s3-demo-bucket",
        "bucket_owner": "A3NL1KOZZKExample",
        "key": "HappyFace.jpg",
        "sequencer": "0055AED6DCD90281E5",
        "principal": "AWS:AIDAJDPLRKLG7UEXAMPLE",
        "source_ip": "172.16.0.1",
        "request_id": "C3D13FE58DE4C810",
        "host_id": "FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD",
        "size": 1024,
        "e_tag": '"d41d8cd98f00b204e9800998ecf8427e"',
        "version_id": "096fKKXTRTtl3on89fVO.nfljtsv6qko",
    }
    return Event(**{"name": name, **usual, **members})


def test_a_record_has_the_documented_structure():
    assert messages.message(event(), "testConfigRule") == {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "us-west-2",
                "eventTime": "1970-01-01T00:00:00.002Z",
                "eventName": "ObjectCreated:Put",
                "userIdentity": {"principalId": "AWS:AIDAJDPLRKLG7UEXAMPLE"},
                "requestParameters": {"sourceIPAddress": "172.16.0.1"},
                "responseElements": {
                    "x-amz-request-id": "C3D13FE58DE4C810",
                    "x-amz-id-2": "FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD",
                },
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "testConfigRule",
                    "bucket": {
                        "name": "amzn-s3-demo-bucket",
                        "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
                        "arn": "arn:aws:s3:::amzn-s3-demo-bucket",
                    },
                    "object": {
                        "key": "HappyFace.jpg",
                        "size": 1024,
                        "eTag": "d41d8cd98f00b204e9800998ecf8427e",
                        "versionId": "096fKKXTRTtl3on89fVO.nfljtsv6qko",
                        "sequencer": "0055AED6DCD90281E5",
                    },
                },
            }
        ]
    }


def test_keys_are_encoded_and_removals_have_no_size():
    made = messages.record(event("s3:ObjectRemoved:Delete", key="red flower/ü.jpg"), "c")
    assert made["s3"]["object"] == {
        "key": "red+flower/%C3%BC.jpg",
        "versionId": "096fKKXTRTtl3on89fVO.nfljtsv6qko",
        "sequencer": "0055AED6DCD90281E5",
    }


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("s3:ObjectRestore:Completed", "2.1"),
        ("s3:ObjectRestore:Delete", "2.3"),
        ("s3:Replication:OperationNotTracked", "2.2"),
        ("s3:LifecycleTransition", "2.3"),
        ("s3:ObjectTagging:Put", "2.3"),
    ],
)
def test_newer_events_have_newer_versions(name, version):
    extra = {"lifecycleEventData": {"transitionEventData": {"destinationStorageClass": "GLACIER"}}}
    made = messages.record(event(name, extra=extra), "c")
    assert made["eventVersion"] == version
    assert made["lifecycleEventData"] == extra["lifecycleEventData"]


def test_sequencers_grow_with_time_and_count():
    found = [messages.sequencer(1_700_000_000_000_000, 1), messages.sequencer(1_700_000_000_000_000, 2)]
    found.append(messages.sequencer(1_700_000_000_000_001, 0))
    assert found == sorted(found)
    assert {len(each) for each in found} == {18}


def test_a_new_destination_gets_the_test_event():
    assert messages.s3_test_event("b", AT, "R", "H") == {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": "1970-01-01T00:00:00.002Z",
        "Bucket": "b",
        "RequestId": "R",
        "HostId": "H",
    }


def bridged(name, **options):
    made = messages.bridge_event(
        event(name), id="17793124", account="111122223333", requester="111122223333", **options
    )
    return made and (made["detail-type"], made["detail"])


def test_event_bridge_is_told_in_its_own_form():
    made = messages.bridge_event(event(key="a b"), id="i", account="111122223333", requester="123456789012")
    detail = made.pop("detail")
    assert made == {
        "version": "0",
        "id": "i",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "111122223333",
        "time": "1970-01-01T00:00:00Z",
        "region": "us-west-2",
        "resources": ["arn:aws:s3:::amzn-s3-demo-bucket"],
    }
    assert detail == {
        "version": "0",
        "bucket": {"name": "amzn-s3-demo-bucket"},
        "object": {
            "key": "a b",
            "size": 1024,
            "etag": "d41d8cd98f00b204e9800998ecf8427e",
            "version-id": "096fKKXTRTtl3on89fVO.nfljtsv6qko",
            "sequencer": "0055AED6DCD90281E5",
        },
        "request-id": "C3D13FE58DE4C810",
        "requester": "123456789012",
        "source-ip-address": "172.16.0.1",
        "reason": "PutObject",
    }


def test_event_bridge_names_deletions_and_transitions():
    kind, detail = bridged("s3:ObjectRemoved:DeleteMarkerCreated")
    assert (kind, detail["reason"], detail["deletion-type"]) == (
        "Object Deleted",
        "DeleteObject",
        "Delete Marker Created",
    )
    assert bridged("s3:LifecycleExpiration:Delete")[1]["reason"] == "Lifecycle Expiration"
    kind, detail = bridged("s3:LifecycleTransition", storage_class="GLACIER")
    assert (kind, detail["destination-storage-class"]) == ("Object Storage Class Changed", "GLACIER")
    assert bridged("s3:ObjectTagging:Put")[0] == "Object Tags Added"
    assert bridged("s3:Replication:OperationNotTracked") is None
