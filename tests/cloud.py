"""A cloud for tests: a fixed clock that tests move, counted chance, and boto3 clients that call it in-process."""

import asyncio
import hashlib
import io
import itertools
import json
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from groundcloud.engines.objects.local import LocalObjects
from groundcloud.gateway.http import Request, Response
from groundcloud.gateway.trail import EventBatch
from groundcloud.loops import Loops
from groundcloud.main import Cloud
from groundcloud.sealing import Sealer
from groundcloud.store import Store, open_store

ENDPOINT = "http://127.0.0.1:4566"


class Clock:
    """A clock that stands still until a test moves it. It begins at the time of the clock on the wall, by which
    botocore signs."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **units: float) -> None:
        self.time += timedelta(**units)


class Chance:
    """Counted bytes instead of random ones: each draw differs from all others and every run draws the same."""

    def __init__(self) -> None:
        self._count = itertools.count(1)

    def __call__(self, length: int) -> bytes:
        seed = next(self._count).to_bytes(8, "big")
        return hashlib.shake_128(seed).digest(length)


class WholeBody:
    """A body that has arrived."""

    complete = True

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length = len(data)

    async def read(self, limit: int) -> bytes:
        return self._data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """In pieces, as a network would bring it."""
        for start in range(0, len(self._data), 1000):
            yield self._data[start : start + 1000]


class Keys:
    """A pair of keys, with the token of a session if it is one."""

    def __init__(self, access_key_id: str, secret_access_key: str, session_token: str | None = None) -> None:
        self.access_key_id = access_key_id
        self.secret_access_key = secret_access_key
        self.session_token = session_token

    @classmethod
    def of(cls, answer: dict[str, Any]) -> "Keys":
        """From `CreateAccessKey`'s AccessKey or from STS's Credentials."""
        return cls(answer["AccessKeyId"], answer["SecretAccessKey"], answer.get("SessionToken"))


class TestCloud:
    """A cloud in this process and clients of it."""

    __test__ = False

    def __init__(self, folder: Path, store: Store | None = None, **options: Any) -> None:
        self.clock = Clock()
        self.log = io.BytesIO()
        self.store = store or open_store(str(folder / "groundcloud.db"))
        sealer = Sealer(bytes(range(32)))
        engines: Any = {} if "engines" in options else {"engines": {"objects": LocalObjects(folder / "objects")}}
        self.cloud = Cloud(
            self.store, sealer, clock=self.clock, entropy=Chance(), call_log=self.log, **engines, **options
        )
        self.account = self.cloud.default_account
        key = self.cloud.create_admin(self.account)
        self.admin = Keys(key["access_key_id"], key["secret_access_key"])
        self._loop = asyncio.new_event_loop()
        self._turn = threading.Lock()

    @property
    def loops(self) -> Loops:
        """The controllers of the cloud; a test lets them work by `controllers.Loop(...).settle()`."""
        return Loops(self.cloud)

    def client(self, service: str, keys: Keys | None = None, **options: Any) -> Any:
        """A boto3 client, of the admin unless other keys are given; its requests never leave the process."""
        keys = keys or self.admin
        client = boto3.client(
            service,
            region_name=options.pop("region_name", "us-east-1"),
            endpoint_url=options.pop("endpoint_url", ENDPOINT),
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            aws_session_token=keys.session_token,
            config=Config(retries={"max_attempts": 0}, parameter_validation=False).merge(
                options.pop("config", Config())
            ),
            **options,
        )
        client.meta.events.register("before-send", self._send)
        return client

    def request(
        self, method: str, url: str, headers: dict[str, str], body: bytes = b"", client: str = "127.0.0.1"
    ) -> tuple[int, dict[str, str], bytes]:
        """One raw request: status, headers (lower case) and body of the answer."""
        parts = urlsplit(url)
        lower = {name.lower(): value for name, value in headers.items()}
        lower.setdefault("host", parts.netloc)
        request = Request(
            method, parts.path or "/", parts.query, lower, WholeBody(body), client, parts.scheme == "https"
        )
        with self._turn:  # boto3's transfers call from threads of their own
            response = self._loop.run_until_complete(self._answer(request))
            found = {name.lower(): value for name, value in response.headers}
            whole = self._loop.run_until_complete(_whole(response.body))
            self._let_commit()
        return response.status, found, whole

    def _let_commit(self) -> None:
        """End what a write has begun. A refusal is answered before the commit of its batch ends, and as the loop stands
        still between two requests, whoever writes without it would wait for that commit forever."""
        for store in (self.store, *getattr(self.cloud.planes, "_open", {}).values()):
            batch = getattr(store, "_running", None)
            if batch is not None and not batch.done():
                self._loop.run_until_complete(batch)

    async def _answer(self, request: Request) -> Response:
        answer = self.cloud.gateway.handle(request)
        return answer if isinstance(answer, Response) else await answer

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        headers = {
            name: value.decode() if isinstance(value, bytes) else str(value) for name, value in request.headers.items()
        }
        body = request.body or b""
        body = body.read() if hasattr(body, "read") else body
        body = body.encode() if isinstance(body, str) else bytes(body)
        status, found, answer = self.request(request.method, request.url, headers, body)
        return AWSResponse(request.url, status, found, _Raw(answer))

    def settle(self) -> None:
        """Write what is gathered to be written later (events, last uses of keys)."""
        self._loop.run_until_complete(self.cloud.recorder.flush())

    def deliver(self) -> None:
        """Deliver what the outbox holds and is due."""
        self._loop.run_until_complete(self.cloud.publisher().drain())

    def events(self) -> list[dict[str, Any]]:
        """The trail's events of all accounts, in order of accounts, regions and times."""
        self.settle()
        with self.store.snapshot() as tx:
            return [json.loads(event) for batch in tx.scan(EventBatch) for event in batch.events]

    def calls(self) -> list[dict[str, Any]]:
        """The lines of the call log."""
        self.cloud.log.flush()
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def close(self) -> None:
        pending = asyncio.all_tasks(self._loop)
        if pending:
            self._loop.run_until_complete(asyncio.wait(pending))
        self._loop.close()
        self.store.close()


async def _whole(body: Any) -> bytes:
    return bytes(body) if isinstance(body, bytes | memoryview) else b"".join([piece async for piece in body])


class _Raw(io.BytesIO):
    """What botocore reads a body from."""

    def stream(self, **_: Any) -> Any:
        while chunk := self.read(65536):
            yield chunk
