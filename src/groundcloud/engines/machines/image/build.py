"""Building an image: mmdebstrap makes the tree, `finish` makes it a machine. Whole, or not at all.

It runs for a minute, as root, and tells its steps. An image has two layers, the distribution's tree and what this
project puts over it, so that a change of the latter takes a second.
"""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from groundcloud.engines.machines import copies, kernel
from groundcloud.engines.machines.image.finish import files, finish
from groundcloud.engines.machines.image.progress import Say, lock_of, told
from groundcloud.engines.machines.image.recipe import PACKAGES, Recipe, UnknownRecipe, base_layer, own_layer, recipe
from groundcloud.engines.machines.images import Image
from groundcloud.engines.machines.roots import in_thread
from groundcloud.engines.machines.wanted import ImageProgress, MachineFailed

Make = Callable[[Path, Say], None]
"""Makes a tree, and tells its steps."""

_LEFT_OUT = ("/usr/share/man/*", "/usr/share/info/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/lintian/*")
_STEPS = (
    ("running apt-get update", "reading the package lists", 0.05),
    ("downloading packages", "downloading packages", 0.15),
    ("extracting archives", "unpacking the base system", 0.35),
    ("installing essential", "installing the base system", 0.45),
    ("installing remaining", "installing packages", 0.6),
    ("cleaning", "cleaning up", 0.9),
)


def build(cache: Path, name: str, say: Say, mirror: str = "") -> None:
    """Build an image by its recipe, unless it is there. Raises `MachineFailed`."""
    try:
        found = recipe(name)
    except UnknownRecipe as error:
        raise MachineFailed(str(error)) from error

    def make(tree: Path, say: Say) -> None:
        _bootstrap(tree, found=found, mirror=mirror or found.mirror, say=say)

    keep(cache, name, base_layer(name), make, say, trusted=True, databases=found.databases)


def keep(cache: Path, name: str, base: str, make: Make, say: Say, *, trusted: bool, databases: bool = False) -> None:
    """Put a tree that `make` makes, and over it what makes it a machine, into the cache under an image's name."""
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = own_layer(base, databases=databases)
    with _alone(cache, name), told(cache, name, say) as say:
        try:
            _once(cache, base, lambda tree: make(tree, say))
            say(ImageProgress("making it a machine of this cloud", 0.93))
            _once(cache, own, lambda tree: _finish_over(cache / base / "tree", tree, trusted, databases))
        except (OSError, subprocess.SubprocessError) as error:
            raise MachineFailed(f"The image {name} cannot be made: {_said(error)}") from error
        content = msgspec.json.encode(Image((base, own)))
        copies.make(cache / f"{name}.json", lambda path: path.write_bytes(content))
    say(ImageProgress("done", 1.0))


def is_built(cache: Path, name: str) -> bool:
    """Whether an image is there as its recipe and the machines' own files are now."""
    base = base_layer(name)
    own = own_layer(base, databases=recipe(name).databases)
    try:
        found = msgspec.json.decode((cache / f"{name}.json").read_bytes(), type=Image)
    except FileNotFoundError:
        return False
    return found.layers == (base, own) and all((cache / layer).is_dir() for layer in found.layers)


def _once(cache: Path, layer: str, make: Callable[[Path], None]) -> None:
    """Make a layer, unless it is there."""
    folder, made = cache / layer, cache / f".{layer}.new"
    if folder.is_dir():
        return
    _delete(made)
    made.mkdir(mode=0o755)
    try:
        make(made / "tree")
        made.rename(folder)
    finally:
        _delete(made)


def _finish_over(base: Path, tree: Path, trusted: bool, databases: bool) -> None:
    """Finish a base without changing it: what is new goes into `tree`."""
    work, root = tree.with_name("work"), tree.with_name("root")
    for folder in (tree, work, root):
        folder.mkdir(mode=0o755)
    ours = files(databases=databases)

    def within() -> None:
        kernel.own_mounts()
        mount = kernel.new_mount("overlay", {"lowerdir": str(base), "upperdir": str(tree), "workdir": str(work)})
        try:
            kernel.place(mount, str(root))
        finally:
            os.close(mount)
        os.chroot(root)
        os.chdir("/")
        finish(Path("/"), ours, trusted=trusted, databases=databases)

    in_thread(within)  # the mount and the other root end with it
    root.rmdir()
    shutil.rmtree(work)


def _bootstrap(tree: Path, *, found: Recipe, mirror: str, say: Say) -> None:
    packages = ",".join((*PACKAGES, *found.packages))
    words = ["mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory", f"--include={packages}"]
    words += ['--aptopt=Apt::Install-Recommends "false"', "--skip=check/empty"]
    words += [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
    words += [f"--keyring={found.keyring}", found.suite, str(tree)]
    words += [line.format(mirror=mirror) for line in found.sources]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TMPDIR": "/tmp"}  # noqa: S108
    environment |= {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr is not None
        errors = []
        for line in process.stderr:
            if re.match(r"(E|W|dpkg: error)", line):
                errors.append(line.strip())
            for mark, step, done in _STEPS:
                if mark in line:
                    say(ImageProgress(step, done))
    if process.returncode:
        raise OSError(" ".join(errors[-3:]) or f"mmdebstrap ended with {process.returncode}")
    for pattern in found.without:
        for path in tree.glob(pattern):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


@contextlib.contextmanager
def _alone(cache: Path, name: str) -> Iterator[None]:
    """One at a time builds an image: who comes later finds it made."""
    with open(lock_of(cache, name), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _delete(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)


def _said(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError) and error.stderr:
        return str(error.stderr.decode(errors="replace").strip())
    return str(error)
