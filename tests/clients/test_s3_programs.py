"""Programs that keep files in S3, unmodified, as Debian packages them: s3cmd, rclone, restic, s3fs."""

import subprocess
import time
from pathlib import Path

import pytest

from tests.clients.conftest import S3User, contents

pytestmark = pytest.mark.clients


# -- s3cmd


@pytest.fixture()
def s3cmd(user: S3User):
    """s3cmd as its own `--configure` sets it up: with US as the bucket location, whose region it has to learn."""
    address = user.cloud.endpoint.removeprefix("http://")
    lines = (
        f"access_key = {user.cloud.printed['access_key_id']}",
        f"secret_key = {user.cloud.printed['secret_access_key']}",
        f"host_base = {address}",
        f"host_bucket = {address}",
        "bucket_location = US",
        "use_https = False",
        "multipart_chunk_size_mb = 5",
        "progress_meter = False",
    )
    configuration = user.folder / "s3cfg"
    configuration.write_text("[default]\n" + "\n".join(lines) + "\n")
    return lambda *arguments, code=0: user.run("s3cmd", "-c", configuration, *arguments, code=code)


def test_s3cmd_syncs_copies_moves_and_removes(user: S3User, s3cmd):
    tree = user.tree()
    s3cmd("mb", "s3://of-s3cmd")
    s3cmd("sync", "tree/", "s3://of-s3cmd/tree/")
    assert user.bytes_of("of-s3cmd", "tree/large.bin") == (tree / "large.bin").read_bytes()
    s3cmd("cp", "s3://of-s3cmd/tree/large.bin", "s3://of-s3cmd/copy.bin")
    s3cmd("mv", "s3://of-s3cmd/copy.bin", "s3://of-s3cmd/moved.bin")
    listed = s3cmd("ls", "-r", "s3://of-s3cmd")
    assert "s3://of-s3cmd/moved.bin" in listed
    assert "copy.bin" not in listed
    assert "größe +&.txt" in listed
    assert "File size: 6291456" in s3cmd("info", "s3://of-s3cmd/moved.bin")
    s3cmd("sync", "s3://of-s3cmd/tree/", "back/")
    assert contents(user.folder / "back") == contents(tree)
    s3cmd("del", "-r", "-f", "s3://of-s3cmd")
    s3cmd("rb", "s3://of-s3cmd")
    assert "ERROR" not in s3cmd("ls", "s3://of-s3cmd", code=12)


def test_s3cmd_signs_addresses_in_version_2(user: S3User, s3cmd):
    s3cmd("mb", "s3://s3cmd-signs")
    (user.folder / "page.txt").write_text("for whoever has the address")
    s3cmd("put", "page.txt", "s3://s3cmd-signs/page.txt")
    url = s3cmd("signurl", "s3://s3cmd-signs/page.txt", "+60").strip()
    assert "Signature=" in url
    assert user.run("curl", "-sf", url) == "for whoever has the address"


# -- rclone


@pytest.fixture()
def rclone(user: S3User):
    configuration = user.folder / "rclone.conf"
    configuration.write_text(
        f"[cloud]\ntype = s3\nprovider = Other\nenv_auth = true\nendpoint = {user.cloud.endpoint}\nregion = us-east-1\n"
    )
    options = ("--config", configuration, "--retries", 1, "--low-level-retries", 1)
    return lambda *arguments: user.run("rclone", *options, *arguments)


def test_rclone_syncs_and_finds_no_difference(user: S3User, rclone):
    tree = user.tree()
    rclone("mkdir", "cloud:of-rclone")
    rclone("sync", "--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M", "tree", "cloud:of-rclone/tree")
    rclone("check", "--download", "tree", "cloud:of-rclone/tree")
    (tree / "empty").unlink()
    rclone("sync", "tree", "cloud:of-rclone/tree")
    rclone("moveto", "cloud:of-rclone/tree/large.bin", "cloud:of-rclone/other/large.bin")
    assert user.keys("of-rclone") == ["other/large.bin", "tree/sub folder/größe +&.txt"]
    assert rclone("cat", "--offset", 1, "--count", 3, "cloud:of-rclone/tree/sub folder/größe +&.txt") == "ell"
    rclone("copy", "cloud:of-rclone/other", "back")
    assert (user.folder / "back" / "large.bin").read_bytes() == (tree / "large.bin").read_bytes()
    rclone("purge", "cloud:of-rclone")
    assert "of-rclone" not in rclone("lsd", "cloud:")


# -- restic


def test_restic_backs_up_checks_restores_and_prunes(user: S3User):
    tree = user.tree()
    keys = {"RESTIC_PASSWORD": "example", "RESTIC_REPOSITORY": f"s3:{user.cloud.endpoint}/of-restic/repository"}

    def restic(*arguments: object) -> str:
        return user.run("restic", "--no-cache", *arguments, **keys)

    restic("init")
    restic("backup", "tree")
    restic("check", "--read-data")
    restic("restore", "latest", "--target", "back")
    assert contents(user.folder / "back" / "tree") == contents(tree)
    restic("forget", "latest", "--prune")
    assert not [key for key in user.keys("of-restic") if "/data/" in key]


# -- s3fs


@pytest.fixture()
def mounted(user: S3User):
    """A bucket as a folder. Where the kernel lets nobody mount (no FUSE), the program says so and the test fails."""
    user.s3.create_bucket(Bucket="of-s3fs")
    folder = user.folder / "mounted"
    folder.mkdir()
    user.run("s3fs", "of-s3fs", folder, "-o", f"url={user.cloud.endpoint}", "-o", "use_path_request_style")
    try:
        _until(folder.is_mount)
        yield folder
    finally:
        subprocess.run(["fusermount", "-u", folder], check=False, timeout=20)


def _until(true) -> None:
    for _ in range(200):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("it never came")


def test_s3fs_is_a_folder_of_files(user: S3User, mounted: Path):
    data = contents(user.tree())["large.bin"]
    (mounted / "folder").mkdir()
    (mounted / "folder" / "large.bin").write_bytes(data)
    assert user.bytes_of("of-s3fs", "folder/large.bin") == data
    (mounted / "folder" / "large.bin").rename(mounted / "moved.bin")
    with (mounted / "moved.bin").open("r+b") as file:
        file.seek(100)
        file.write(b"abc")
    assert user.bytes_of("of-s3fs", "moved.bin") == data[:100] + b"abc" + data[103:]
    assert sorted(path.name for path in mounted.iterdir()) == ["folder", "moved.bin"]
    (mounted / "moved.bin").unlink()
    assert user.keys("of-s3fs") == ["folder/"]
