"""Access log lines and keys: the examples of "Amazon S3 server access log format"."""

from datetime import UTC, datetime

import msgspec
import pytest

from groundcloud.services.s3.rules import errors, logging
from groundcloud.services.s3.rules.logging import BucketLoggingStatus, Entry, LoggingEnabled, line

OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
AT = datetime(2019, 2, 6, 0, 0, 38, tzinfo=UTC)


def entry(**members):
    usual = {
        "bucket_owner": OWNER,
        "bucket": "DOC-EXAMPLE-BUCKET1",
        "time": AT,
        "remote_ip": "192.0.2.3",
        "requester": OWNER,
        "request_id": "3E57427F3EXAMPLE",
        "operation": "REST.GET.VERSIONING",
        "request_uri": "GET /DOC-EXAMPLE-BUCKET1?versioning HTTP/1.1",
        "http_status": 200,
    }
    return Entry(**{**usual, **members})


def test_the_example_of_the_guide_is_written_as_there():
    written = line(
        entry(
            bytes_sent=113,
            total_time=7,
            user_agent="S3Console/0.4",
            host_id="s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234=",
            signature_version="SigV4",
            cipher_suite="ECDHE-RSA-AES128-GCM-SHA256",
            authentication_type="AuthHeader",
            host_header="DOC-EXAMPLE-BUCKET1.s3.us-west-1.amazonaws.com",
            tls_version="TLSV1.2",
            access_point_arn="arn:aws:s3:us-west-1:123456789012:accesspoint/example-AP",
            acl_required=True,
        )
    )
    assert written == (
        f"{OWNER} DOC-EXAMPLE-BUCKET1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 {OWNER} 3E57427F3EXAMPLE "
        'REST.GET.VERSIONING - "GET /DOC-EXAMPLE-BUCKET1?versioning HTTP/1.1" 200 - 113 - 7 - "-" "S3Console/0.4" - '
        "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 "
        "ECDHE-RSA-AES128-GCM-SHA256 AuthHeader DOC-EXAMPLE-BUCKET1.s3.us-west-1.amazonaws.com TLSV1.2 "
        "arn:aws:s3:us-west-1:123456789012:accesspoint/example-AP Yes"
    )


def test_a_client_cannot_forge_a_line():
    written = line(entry(user_agent='x" 200\n', referer="a\rb", key='a b"\n/é', requester="", host_header="a b"))
    assert "\n" not in written
    assert "\r" not in written
    assert written.count('"') == 6
    assert '"x%22 200%0A"' in written
    assert " a%20b%22%0A/%C3%A9 " in written
    assert " a%20b " in written


def test_a_line_of_nothing_has_dashes():
    fields = line(entry(requester="")).split(" ")
    assert fields[5] == "-"
    assert fields[-1] == "-"


def target(**form):
    whole = {"target_bucket": "logs", "target_prefix": "p/", "target_object_key_format": form or None}
    return msgspec.convert(whole, LoggingEnabled)


def key(given):
    return logging.target_key(
        given,
        account="123456789012",
        region="us-west-2",
        bucket="source",
        event_time=datetime(2023, 3, 1, 21, 32, 16, tzinfo=UTC),
        delivery_time=datetime(2023, 3, 2, 1, 2, 3, tzinfo=UTC),
        unique="E568B2907131C0C0",
    )


def test_log_objects_have_simple_or_partitioned_keys():
    assert key(target()) == "p/2023-03-02-01-02-03-E568B2907131C0C0"
    assert key(target(simple_prefix={})) == "p/2023-03-02-01-02-03-E568B2907131C0C0"
    by_event = target(partitioned_prefix={"partition_date_source": "EventTime"})
    assert key(by_event) == "p/123456789012/us-west-2/source/2023/03/01/2023-03-01-00-00-00-E568B2907131C0C0"
    by_delivery = target(partitioned_prefix={"partition_date_source": "DeliveryTime"})
    assert key(by_delivery) == "p/123456789012/us-west-2/source/2023/03/02/2023-03-02-01-02-03-E568B2907131C0C0"


def test_operations_are_named_by_method_and_resource():
    assert logging.operation("PUT", logging.BUCKET_RESOURCES["policy"]) == "REST.PUT.BUCKETPOLICY"
    assert logging.operation("GET", "OBJECT", website=True) == "WEBSITE.GET.OBJECT"


def test_a_logging_configuration_has_one_key_format_and_whole_grants():
    def check(acls=True, **members):
        whole = {"target_bucket": "b", "target_prefix": "", **members}
        given = msgspec.convert({"logging_enabled": whole}, BucketLoggingStatus)
        logging.check_logging(given, target_takes_acls=acls)

    grant = {"grantee": {"type": "CanonicalUser", "id": OWNER}, "permission": "READ"}
    check(target_grants=[grant], target_object_key_format={"simple_prefix": {}})
    logging.check_logging(BucketLoggingStatus())
    for wrong in (
        {"target_object_key_format": {}},
        {"target_object_key_format": {"simple_prefix": {}, "partitioned_prefix": {}}},
        {"target_object_key_format": {"partitioned_prefix": {"partition_date_source": "Now"}}},
        {"target_grants": [{**grant, "permission": "READ_ACP"}]},
    ):
        with pytest.raises(errors.MalformedXML):
            check(**wrong)
    with pytest.raises(errors.InvalidArgument):
        check(acls=False, target_grants=[grant])
