"""How long a page of a list takes in buckets of a thousand to a million keys.

The keys are laid through the store, not by a million requests: the records are those that PutObject writes.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from peers import ROOT, Running, client, groundcloud, running
from s3_load import run, signed

sys.path.insert(0, str(ROOT / "src"))
COUNTS = (1_000, 10_000, 100_000, 1_000_000)
_AT_ONCE = 20_000
ROUNDS = 15


def fill(data: Path, bucket: str, count: int) -> None:
    """Keys `aaaa/0000`: folders of a hundred."""
    from groundcloud.services.s3.records import Object
    from groundcloud.store import Transaction, open_store

    store = open_store(str(data / "groundcloud.db"))
    now = datetime.now(UTC)

    def lay(tx: Transaction, first: int) -> None:
        for number in range(first, min(first + _AT_ONCE, count)):
            key = f"{number // 100:06}/{number % 100:04}"
            tx.put(
                Object(bucket=bucket, name=key, sequence=1, version_id="null", modified=now, size=10, e_tag="0" * 32)
            )

    for first in range(0, count, _AT_ONCE):
        store.write(lambda tx, first=first: lay(tx, first))
    store.close()


def list_rows(most: int) -> list[str]:
    """Lines of a table: milliseconds of a page of 1,000 keys, of one by prefix, and of one by prefix and delimiter."""
    lines = ["", "A page of a list, in milliseconds (the median, one connection):", ""]
    lines += [
        "| keys in the bucket | 1,000 keys | a prefix | prefix and delimiter | from the middle |",
        "|---|---|---|---|---|",
    ]
    times: dict[int, list[float]] = {}
    with running(groundcloud()) as server:
        s3 = client(server.port, "s3", server.key, server.secret)
        for count in (each for each in COUNTS if each <= most):
            bucket = f"keys-{count}"
            s3.create_bucket(Bucket=bucket)
            fill(server.data, bucket, count)
            half = f"{count // 200:06}%2F"
            times[count] = [
                timed(server, bucket, "max-keys=1000"),
                timed(server, bucket, f"prefix={half}"),
                timed(server, bucket, "delimiter=%2F&max-keys=10&prefix=0000"),
                timed(server, bucket, f"max-keys=500&start-after={half}"),
            ]
            lines.append(f"| {count:,} | " + " | ".join(f"{each:.1f}" for each in times[count]) + " |")
            print(lines[-1], flush=True)
    worst = max(late / early for early, late in zip(times[COUNTS[0]], times[max(times)], strict=True))
    lines += ["", f"A page over {max(times):,} keys takes at most {worst:.2f} times that over 1,000 (to reach: 1.5)."]
    return lines


def timed(server: Running, bucket: str, query: str) -> float:
    """Milliseconds until a page has come, of one connection."""
    result = run(server.port, [signed(server, "GET", f"/{bucket}?list-type=2&{query}")], 1, 600, ROUNDS)
    if result.failed:
        raise RuntimeError(result.first_failure)
    return result.p50
