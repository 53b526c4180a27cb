"""`kill -9` while objects are put, copied, completed and deleted: what was acknowledged is there, byte for byte."""

import hashlib
import os
import random
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from groundcloud.engines.objects.local import LocalObjects
from groundcloud.services.s3.controller import Scrubber
from groundcloud.services.s3.records import Blob
from groundcloud.store import open_store
from tests.crash.test_kill import start

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("GROUNDCLOUD_CRASH_ROUNDS", "3"))
CLIENTS = 6
SIZES = (0, 1000, 60_000, 70_000, 1_500_000)
GONE = "gone"


def s3_of(up: dict[str, Any]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=up["endpoint"],
        region_name="us-east-1",
        aws_access_key_id=up["access_key_id"],
        aws_secret_access_key=up["secret_access_key"],
        config=Config(retries={"max_attempts": 0}, read_timeout=20),
    )


class Client(threading.Thread):
    """Writes keys of its own until the server is gone; `known` is what was acknowledged, `doubt` what was not."""

    def __init__(self, up: dict[str, Any], prefix: str) -> None:
        super().__init__(daemon=True)
        self._s3 = s3_of(up)
        self._random = random.Random(prefix)
        self._prefix = prefix
        self.known: dict[str, str] = {}
        self.doubt: dict[str, set[str]] = {}

    def run(self) -> None:
        number = 0
        try:
            while True:
                number += 1
                self._step(f"{self._prefix}/{number % 20}")
        except (BotoCoreError, ClientError):
            return

    def _step(self, key: str) -> None:
        data = os.urandom(self._random.choice(SIZES))
        what = self._random.choice(("put", "put", "copy", "parts", "delete"))
        after = GONE if what == "delete" else hashlib.md5(data).hexdigest()
        self.doubt[key] = {self.known.get(key, GONE), after}
        bucket = {"Bucket": "crash", "Key": key}
        if what == "delete":
            self._s3.delete_object(**bucket)
        elif what == "put":
            self._s3.put_object(**bucket, Body=data)
        elif what == "copy":
            self.doubt[f"{key}.from"] = {self.known.get(f"{key}.from", GONE), after}
            self._s3.put_object(Bucket="crash", Key=f"{key}.from", Body=data)
            self.known[f"{key}.from"] = after
            del self.doubt[f"{key}.from"]
            self._s3.copy_object(**bucket, CopySource={"Bucket": "crash", "Key": f"{key}.from"})
        else:
            upload = self._s3.create_multipart_upload(**bucket)["UploadId"]
            part = self._s3.upload_part(**bucket, UploadId=upload, PartNumber=1, Body=data)
            parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
            self._s3.complete_multipart_upload(**bucket, UploadId=upload, MultipartUpload=parts)
        self.known[key] = after
        del self.doubt[key]


def md5_of(s3: Any, key: str) -> str:
    try:
        return hashlib.md5(s3.get_object(Bucket="crash", Key=key)["Body"].read()).hexdigest()
    except s3.exceptions.NoSuchKey:
        return GONE


def test_no_acknowledged_object_is_lost(tmp_path: Path):
    known: dict[str, str] = {}
    for number in range(ROUNDS):
        up = start(tmp_path, "")
        if not number:
            s3_of(up).create_bucket(Bucket="crash")
        clients = [Client(up, f"r{number}c{each}") for each in range(CLIENTS)]
        for client in clients:
            client.start()
        last = time.monotonic() + 120
        while sum(len(client.known) for client in clients) <= 20 and time.monotonic() < last:
            time.sleep(0.05)
        time.sleep(random.uniform(0.2, 1.5))
        os.kill(up["pid"], signal.SIGKILL)
        for client in clients:
            client.join(30)
            known |= {key: value for key, value in client.known.items() if key not in client.doubt}
        up = start(tmp_path, "")
        try:
            s3 = s3_of(up)
            assert len(known) > 20
            assert {key: md5_of(s3, key) for key in known} == known
            for client in clients:
                for key, either in client.doubt.items():
                    assert md5_of(s3, key) in either
        finally:
            os.kill(up["pid"], signal.SIGTERM)
        wait_for_end(up["pid"])
    assert_only_named_files_stay(tmp_path)


def wait_for_end(pid: int) -> None:
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)


def assert_only_named_files_stay(folder: Path) -> None:
    """After the scrubber there are the files that records name, all of them and no others."""
    store, engine = open_store(str(folder / "groundcloud.db")), LocalObjects(folder / "objects")
    scrubber = Scrubber(store, engine, lambda: datetime.now(UTC))
    later = datetime.now(UTC) + timedelta(days=2)
    scrubber.scrub(later)
    with store.snapshot() as tx:
        named = {blob.file for blob in tx.scan(Blob) if blob.file}
    assert {found.blob for found in engine.scan()} == named
    store.close()
