"""Whatever a caller sends, a rule answers with a value or with an AWS error."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from groundcloud.errors import AwsError
from groundcloud.services.s3.rules import acl, bucket_names, checksums, cors, keys, logging, post_form, ranges, website
from groundcloud.services.s3.rules.checksums import ALGORITHMS

AT = datetime(2026, 1, 2, tzinfo=UTC)
ACCOUNTS = acl.Accounts(exists=lambda _: True, by_email=lambda _: None)
NEAR_RANGE = st.text("bytes=-0123456789, ", max_size=30) | st.text(max_size=30)
NEAR_GRANT = st.text('iduremailAddress=",a ', max_size=40) | st.text(max_size=40)
NEAR_FORM = st.lists(
    st.sampled_from(
        [
            b"--B",
            b"--",
            b"\r\n",
            b"\r",
            b'Content-Disposition: form-data; name="file"; filename="x',
            b'Content-Disposition: form-data; name="key"',
            b'"',
            b"\\",
            b"value",
            b"\xff\x00",
        ]
    ),
    max_size=30,
).map(b"".join)


def tried(call, *arguments, **named):
    """The result, or the AWS error."""
    try:
        return call(*arguments, **named)
    except AwsError as error:
        return error


@given(NEAR_RANGE, st.integers(0, 1 << 50))
def test_any_range_header_is_answered(header, size):
    found = tried(ranges.requested, header, size)
    if isinstance(found, ranges.ByteRange):
        assert 0 <= found.start < found.end <= size
    tried(ranges.of_copy_source, header, size)


@given(NEAR_GRANT)
def test_any_grant_header_is_answered(value):
    found = tried(acl.from_headers, {"grant_read": value}, ACCOUNTS)
    assert isinstance(found, AwsError) or found


@given(st.text(max_size=70))
def test_any_bucket_name_is_answered(name):
    error = tried(bucket_names.check_new, name)
    assert (error is None) == (bucket_names.is_valid(name) and not name.endswith("-an"))
    if error is None:
        assert tried(bucket_names.check_addressed, name) is None


@given(NEAR_FORM | st.binary(max_size=200), st.integers(1, 50))
def test_any_form_is_answered_alike_however_it_is_cut(body, size):
    def read(step):
        form = post_form.PostForm("multipart/form-data; boundary=B")
        out = b"".join(piece for at in range(0, len(body), step) for piece in form.feed(body[at : at + step]))
        form.finish()
        return form.fields, form.file_name, out

    whole, cut = tried(read, len(body) or 1), tried(read, size)
    assert type(whole) is type(cut)
    if isinstance(whole, tuple):
        assert whole == cut


@given(st.text(max_size=40), st.sampled_from(list(ALGORITHMS.values())))
def test_any_checksum_is_answered(value, algorithm):
    tried(checksums.claimed, {algorithm.member: value}, None, value)
    tried(checksums.content_md5, value)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_origin_and_pattern_are_answered(pattern, origin):
    rule = cors.CORSRule(["GET"], [pattern])
    if tried(cors.check_cors, cors.CORSConfiguration([rule])) is None:
        cors.CorsRules([rule]).headers(origin, "GET")


@given(st.text(max_size=40))
def test_any_key_can_be_written_everywhere(key):
    keys.check_key(key)
    keys.url_encoded(key)
    page = website.error_page(404, website.Problem("NoSuchKey", "x", (("Key", key),)), request_id="r", host_id="h")
    assert page.count("<li>") == 5
    request = f"GET /{key} HTTP/1.1"
    entry = logging.Entry(
        "o", "b", AT, "::1", "R", "REST.GET.OBJECT", request, 200, key=key, user_agent=key, host_id=key
    )
    written = logging.line(entry)
    assert written.isprintable()
    assert written.isascii()
    assert written.count('"') == 6
