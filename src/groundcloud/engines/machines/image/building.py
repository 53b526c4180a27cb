"""Builds of images in the background: who needs one that is lacking asks until it is there."""

from pathlib import Path
from threading import Lock, Thread

from groundcloud.engines.machines.image.build import build, is_built
from groundcloud.engines.machines.image.recipe import recipes
from groundcloud.engines.machines.wanted import ImageProgress, MachineFailed

_DONE = ImageProgress("done", 1.0)


class Builds:
    """The builds of one process, each in a thread of its own."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._lock = Lock()
        self._there: set[str] = set()
        self._running: dict[str, ImageProgress] = {}
        self._failed: dict[str, str] = {}

    def build(self, image: str) -> ImageProgress:
        """See `Volumes.build_image`."""
        with self._lock:
            if image in self._there:
                return _DONE
            if error := self._failed.pop(image, ""):
                raise MachineFailed(error)
            if image in self._running:
                return self._running[image]
            if image not in recipes():
                raise MachineFailed(f"there is no recipe {image}")
            if is_built(self._cache, image):
                self._there.add(image)
                return _DONE
            self._running[image] = ImageProgress("beginning", 0.0)
        Thread(target=self._run, args=(image,), name=f"build {image}", daemon=True).start()
        return self._running.get(image, _DONE)

    def _run(self, image: str) -> None:
        def say(progress: ImageProgress) -> None:
            self._running[image] = progress

        try:
            build(self._cache, image, say)
            self._there.add(image)
        except MachineFailed as error:
            self._failed[image] = str(error)
        finally:
            with self._lock:
                self._running.pop(image, None)
