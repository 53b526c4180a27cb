"""Clients that break off, lie about lengths, write over one another, or send bombs: errors, and nothing lost."""

import base64
import hashlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.clouds import CommandLine, RunningCloud


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    folder = tmp_path_factory.mktemp("rough")
    command = CommandLine(folder / "home")
    made = command.up(folder / "cloud", "--no-demo")
    made.client("s3").create_bucket(Bucket="files")
    yield made
    command.close()


@pytest.fixture()
def s3(cloud: RunningCloud):
    return cloud.client("s3")


def files(cloud: RunningCloud) -> set[Path]:
    return {path for path in (cloud.data / "objects").rglob("*") if path.is_file()}


def raw(
    cloud: RunningCloud, url: str, length: int | str, body: bytes, *, half: bool = False, end: bool = False
) -> bytes:
    """A PUT that announces some length and sends some body; what comes back until the connection ends.
    `half`: the client says that it has sent everything; `end`: it goes away."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {length}\r\n"
        connection.sendall(f"{head}\r\n".encode() + body)
        if end:
            return b""
        if half:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


def signed(s3, key: str) -> str:
    url: str = s3.generate_presigned_url("put_object", {"Bucket": "files", "Key": key})
    return url


@pytest.mark.parametrize("size", [100, 200_000, 3_000_000])
def test_an_upload_that_breaks_off_leaves_what_was_there(cloud, s3, size):
    s3.put_object(Bucket="files", Key="k", Body=b"before")
    kept = files(cloud)
    answer = raw(cloud, signed(s3, "k"), size + 1, os.urandom(size), half=True)
    assert not answer.startswith(b"HTTP/1.1 200")
    raw(cloud, signed(s3, "k"), size + 1, os.urandom(size), end=True)
    for _ in range(200):
        if files(cloud) == kept:
            break
        time.sleep(0.01)
    assert files(cloud) == kept
    assert s3.get_object(Bucket="files", Key="k")["Body"].read() == b"before"


def test_what_is_sent_beyond_the_announced_length_is_no_part_of_the_object(cloud, s3):
    answer = raw(cloud, signed(s3, "exact"), 5, b"12345678")
    assert answer.startswith(b"HTTP/1.1 200")
    assert s3.get_object(Bucket="files", Key="exact")["Body"].read() == b"12345"


def test_a_length_that_is_none_is_refused(cloud, s3):
    for length in ("-1", "1e3", "99999999999999999999"):
        answer = raw(cloud, signed(s3, "none"), length, b"")
        assert answer.split(b" ", 2)[1] in (b"400", b"413"), answer[:200]
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket="files", Key="none")


def test_writers_over_one_another_leave_one_whole_object_and_no_other_bytes(cloud):
    bodies = [bytes([number]) * 150_000 for number in range(8)]
    seen: list[bytes] = []
    before = files(cloud)

    def write(body: bytes) -> None:
        s3 = cloud.client("s3")
        for _ in range(4):
            s3.put_object(Bucket="files", Key="contested", Body=body)
            seen.append(s3.get_object(Bucket="files", Key="contested")["Body"].read())

    threads = [threading.Thread(target=write, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    s3 = cloud.client("s3")
    last = s3.get_object(Bucket="files", Key="contested")
    assert len(seen) == 32
    assert set(seen) <= set(bodies)
    body = last["Body"].read()
    assert last["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert len(files(cloud) - before) == 1


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>
<Tagging><TagSet><Tag><Key>k</Key><Value>&d;</Value></Tag></TagSet></Tagging>"""
FILE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>
<Tagging><TagSet><Tag><Key>k</Key><Value>&f;</Value></Tag></TagSet></Tagging>"""
DEEP = b"<Tagging>" + b"<TagSet>" * 100_000


@pytest.mark.parametrize("document", [BOMB, FILE, DEEP], ids=["bomb", "file", "deep"])
def test_a_bomb_of_xml_is_malformed(cloud, s3, document):
    s3.put_object(Bucket="files", Key="tagged", Body=b"")

    def send(request, **_) -> None:
        request.data = document
        request.headers["Content-Length"] = str(len(document))
        for name in [name for name in request.headers if name.lower().startswith(("content-md5", "x-amz-checksum"))]:
            del request.headers[name]
        request.headers["Content-MD5"] = base64.b64encode(hashlib.md5(document).digest()).decode()

    s3.meta.events.register("before-sign.s3.PutObjectTagging", send)
    with pytest.raises(ClientError, match="MalformedXML"):
        s3.put_object_tagging(Bucket="files", Key="tagged", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    assert s3.get_object_tagging(Bucket="files", Key="tagged")["TagSet"] == []
