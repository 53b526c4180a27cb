"""Forms of browsers: any cutting of the bytes reads the same, and the limits of the POST Object page hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.services.s3.rules import errors
from groundcloud.services.s3.rules.post_form import PostForm, answer, key_of, stripped

TYPE = "multipart/form-data; boundary=9431149156168"


def form(fields, content=b"data", *, file_name="MyFile.jpg", boundary="9431149156168", tail=b""):
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n'
    file = head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + content + f"\r\n--{boundary}".encode()
    return b"".join(parts) + file + (tail or b"--\r\n")


def read(body, *, size=0, content_type=TYPE):
    reader = PostForm(content_type)
    size = size or len(body) or 1
    out = b"".join(piece for at in range(0, len(body), size) for piece in reader.feed(body[at : at + size]))
    reader.finish()
    return reader, out


@given(
    st.dictionaries(st.sampled_from(["key", "acl", "x-amz-meta-a"]), st.text("ab\r\n-é9", max_size=12), min_size=1),
    st.binary(max_size=60) | st.text("\r\n-943114", max_size=60).map(str.encode),
    st.integers(1, 90),
)
def test_any_cutting_reads_the_same(fields, content, size):
    reader, out = read(form(fields, content), size=size)
    assert reader.fields == fields
    assert out == content
    assert (reader.file_name, reader.file_content_type) == ("MyFile.jpg", "image/jpeg")


def test_the_fields_are_known_when_the_file_begins():
    reader = PostForm(TYPE)
    head, tail = form({"key": "k"}, b"0123456789").split(b"0123456789")
    assert reader.feed(head) == []
    assert reader.ready
    assert reader.fields == {"key": "k"}
    assert reader.feed(b"01234") == [b"01234"]
    assert not reader.done
    assert reader.feed(b"56789" + tail) == [b"56789"]
    assert reader.done


def test_file_bytes_are_not_held_back_unless_a_boundary_may_begin():
    reader = PostForm(TYPE)
    reader.feed(form({"key": "k"}, b"").split(b"\r\n--9431149156168--")[0])
    assert reader.feed(b"abc\r") == [b"abc"]
    assert reader.feed(b"\ndef") == [b"\r\ndef"]


def test_fields_behind_the_file_are_ignored():
    late = b'\r\nContent-Disposition: form-data; name="acl"\r\n\r\npublic-read\r\n--9431149156168--\r\n'
    reader, out = read(form({"key": "k"}, tail=late), size=7)
    assert reader.fields == {"key": "k"}
    assert out == b"data"


def test_filename_is_put_in_without_its_path():
    reader, _ = read(form({"key": "user/${filename}"}, file_name=r"C:\\Program Files\\dir\\file.txt"))
    assert reader.fields["key"] == "user/file.txt"
    assert stripped("/home/a/b.txt") == "b.txt"
    assert stripped("") == ""


def test_a_preamble_and_a_quoted_boundary_are_read():
    body = b"ignore me\r\n" + form({"key": "k"}, boundary="a b")
    reader, out = read(body, size=3, content_type='multipart/form-data; charset=utf-8; boundary="a b"')
    assert reader.fields == {"key": "k"}
    assert out == b"data"


def test_a_value_of_nothing_and_a_file_of_nothing():
    for size in (1, 5, 1000):
        reader, out = read(form({"acl": "", "key": "k"}, b""), size=size)
        assert reader.fields == {"acl": "", "key": "k"}
        assert out == b""


def test_more_than_20_kb_before_the_file_are_refused():
    read(form({"key": "k", "x-amz-meta-a": "a" * 20_000}), size=1000)
    for size in (1000, 100_000):
        with pytest.raises(errors.MaxPostPreDataLengthExceeded):
            read(form({"key": "k", "x-amz-meta-a": "a" * 20_480}), size=size)
    with pytest.raises(errors.MaxPostPreDataLengthExceeded):
        read(b"x" * 30_000, size=1000)
    assert len(read(form({"key": "k"}, bytes(100_000)), size=100_000)[1]) == 100_000


def test_a_form_without_a_file_is_refused():
    body = form({"key": "k"}).split(b'--9431149156168\r\nContent-Disposition: form-data; name="file"')[0]
    with pytest.raises(errors.IncorrectNumberOfFilesInPostRequest):
        read(body + b"--9431149156168--\r\n")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        form({"key": "k"})[:-30],
        b"--9431149156168garbage\r\n",
        b"--9431149156168\r\nContent-Type: text/plain\r\n\r\nx\r\n--9431149156168--\r\n",
        b'--9431149156168\r\nContent-Disposition: form-data; name="key"\r\n\r\n\xff\xff\r\n--9431149156168--\r\n',
    ],
)
def test_a_body_that_is_no_form_is_malformed(body):
    with pytest.raises(errors.MalformedPOSTRequest):
        read(body)


def test_another_content_type_is_refused():
    for content_type in ("application/x-www-form-urlencoded", "multipart/form-data", ""):
        with pytest.raises(errors.PreconditionFailed):
            PostForm(content_type)


def test_a_form_names_its_key():
    assert key_of({"KEY": "a"}) == "a"
    with pytest.raises(errors.PostFieldMissing, match="must contain a field named 'key'"):
        key_of({"acl": "private"})
    with pytest.raises(errors.InvalidArgument, match="length greater than 0"):
        key_of({"key": ""})


def answered(**fields):
    return answer(fields, endpoint="https://b.s3.amazonaws.com", bucket="b", key="a/ü.txt", e_tag='"t"')


def test_success_redirects_with_bucket_key_and_e_tag():
    assert answered(success_action_redirect="http://x.example/ok").location == (
        "http://x.example/ok?bucket=b&key=a%2F%C3%BC.txt&etag=%22t%22"
    )
    with_query = answered(success_action_redirect="http://x.example/ok?a=1#top")
    assert with_query.status == 303
    assert with_query.location == "http://x.example/ok?a=1&bucket=b&key=a%2F%C3%BC.txt&etag=%22t%22#top"


def test_success_without_a_redirect_has_the_status_asked_for():
    location = "https://b.s3.amazonaws.com/a%2F%C3%BC.txt"
    assert answered() == (204, location, False)
    assert answered(success_action_status="201") == (201, location, True)
    assert answered(success_action_status="200") == (200, location, False)
    assert answered(success_action_status="404").status == 204
    for unsafe in ("javascript:alert(1)", "//x", "http://x\r\nSet-Cookie: a"):
        assert answered(success_action_redirect=unsafe).status == 204
