"""How far the making of an image is, and why the last one failed, beside the images themselves: for whoever waits."""

import contextlib
import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from groundcloud.engines.machines import copies
from groundcloud.engines.machines.wanted import ImageProgress, MachineFailed

Say = Callable[[ImageProgress], None]


def lock_of(cache: Path, name: str) -> Path:
    """Locked as long as somebody makes the image."""
    return cache / f".{name}.lock"


@contextlib.contextmanager
def told(cache: Path, name: str, say: Say) -> Iterator[Say]:
    """Tells each step to `say` and to whoever asks `building`. What fails is kept until the next try."""
    steps, failed = cache / f".{name}.progress", _failure(cache, name)

    def tell(progress: ImageProgress) -> None:
        copies.make(steps, lambda path: path.write_bytes(msgspec.json.encode(progress)))
        say(progress)

    try:
        yield tell
    except MachineFailed as error:
        failed.write_text(str(error))
        raise
    else:
        failed.unlink(missing_ok=True)
    finally:
        steps.unlink(missing_ok=True)


def building(cache: Path) -> dict[str, ImageProgress]:
    """The images that are being made now, by name."""
    found = {}
    for lock in cache.glob(".*.lock"):
        name = lock.name.removeprefix(".").removesuffix(".lock")
        if _held(lock):
            found[name] = ImageProgress("waiting", 0.0)
            with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
                found[name] = msgspec.json.decode((cache / f".{name}.progress").read_bytes(), type=ImageProgress)
    return found


def failure(cache: Path, name: str) -> str:
    """Why the last making of an image failed; nothing if it did not."""
    with contextlib.suppress(FileNotFoundError):
        return _failure(cache, name).read_text()
    return ""


def _failure(cache: Path, name: str) -> Path:
    return cache / f".{name}.failed"


def _held(lock: Path) -> bool:
    with open(lock) as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
