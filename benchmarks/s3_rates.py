"""S3's rates against a running cloud: PUT and GET of 1 KiB and 1 MiB over 16 connections, each answer waited for.

    groundcloud up --json | python benchmarks/s3_rates.py

Requests are signed beforehand (presigned addresses), so that the client's own work is small; it shares the processor
with the server all the same.
"""

import asyncio
import json
import os
import sys
import time
from typing import Any

import boto3
from botocore.config import Config

CONNECTIONS = 16


async def connection(host: str, port: int, requests: list[tuple[str, str]], count: int, body: bytes) -> None:
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 22)
    for number in range(count):
        method, path = requests[number % len(requests)]
        head = f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer.decode("latin-1"))
        length = int(answer.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
    writer.close()


async def measure(s3: Any, endpoint: str, method: str, size: int, count: int) -> None:
    host, _, port = endpoint.partition("//")[2].partition(":")
    body = os.urandom(size) if method == "PUT" else b""
    operation = "put_object" if method == "PUT" else "get_object"
    requests = [
        [
            (method, s3.generate_presigned_url(operation, {"Bucket": "rates", "Key": f"{size}/{one}/{key}"}))
            for key in range(8)
        ]
        for one in range(CONNECTIONS)
    ]
    paths = [[(m, url.removeprefix(endpoint)) for m, url in each] for each in requests]
    begun = time.perf_counter()
    await asyncio.gather(*(connection(host, int(port), each, count, body) for each in paths))
    rate = CONNECTIONS * count / (time.perf_counter() - begun)
    print(f"{method} {size:>8} bytes: {rate:7.0f}/s {rate * size / 1e6:7.0f} MB/s")


def main() -> None:
    up = json.load(sys.stdin)
    s3 = boto3.client(
        "s3",
        endpoint_url=up["endpoint"],
        region_name="us-east-1",
        aws_access_key_id=up["access_key_id"],
        aws_secret_access_key=up["secret_access_key"],
        config=Config(signature_version="s3v4"),
    )
    s3.create_bucket(Bucket="rates")
    for method, size, count in (("PUT", 1024, 100), ("GET", 1024, 200), ("PUT", 1 << 20, 15), ("GET", 1 << 20, 40)):
        asyncio.run(measure(s3, up["endpoint"], method, size, count))


if __name__ == "__main__":
    main()
