"""Time-based one-time passwords as AWS's virtual devices make them: RFC 6238 with SHA-1, six digits, thirty seconds.

Pure: the time is an argument, and who remembers which codes were used is not decided here.
"""

import hashlib
import hmac
from datetime import datetime

STEP = 30
SEED_LENGTH = 40
"""Bytes of a new seed: AWS's Base32 seeds have 64 characters."""

_DIGITS = 6
_WINDOW = 1
"""Steps before and after now that are taken as well (RFC 6238, 5.2)."""


def counter(now: datetime) -> int:
    return int(now.timestamp()) // STEP


def code_at(seed: bytes, step: int) -> str:
    """The code of one step (RFC 4226, 5.3)."""
    digest = hmac.digest(seed, step.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


def matching_step(seed: bytes, code: str, now: datetime, drift: int = 0, window: int = _WINDOW) -> int | None:
    """The step whose code this is, among those around now; `drift` is by how many steps the device's clock is off."""
    middle = counter(now) + drift
    for distance in sorted(range(-window, window + 1), key=abs):
        if hmac.compare_digest(code_at(seed, middle + distance), code):
            return middle + distance
    return None


def consecutive_step(seed: bytes, first: str, second: str, now: datetime, window: int) -> int | None:
    """The step of the second of two codes that follow one another, anywhere in the window."""
    middle = counter(now)
    for step in sorted(range(middle - window, middle + window + 1), key=lambda each: abs(each - middle)):
        ours, next_one = code_at(seed, step), code_at(seed, step + 1)
        if hmac.compare_digest(ours + next_one, first + second):
            return step + 1
    return None
