"""What an image is built from: the recipes, and the names of what they make. Reads only the package's own files."""

import hashlib
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

HERE = Path(__file__).parent
FILES = HERE / "files"
AGENT = HERE.parent / "agent"
DATABASE = HERE.parent / "database"
"""The agent of database machines, which only images that say so have."""

PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "openssh-server", "sudo", "python3", "python3-yaml", "iproute2", "iputils-ping",
    "ca-certificates", "openssl", "curl", "procps", "netbase", "e2fsprogs", "fdisk", "less", "nano", "hostname",
)  # fmt: skip
"""What the machines of every recipe have, besides what the distribution holds to be required."""


class Recipe(Struct, frozen=True, omit_defaults=True):
    """A base image of a distribution that has Debian's packages."""

    description: str
    suite: str
    mirror: str
    sources: tuple[str, ...]
    keyring: str
    packages: tuple[str, ...] = ()
    """What it has besides."""
    without: tuple[str, ...] = ()
    """Paths, with wildcards, of what packages have made and a machine of it makes for itself."""
    databases: bool = False
    """Whether its machines are databases: they have the agent for that, and nobody logs in."""


class UnknownRecipe(Exception):
    """There is no recipe of that name; the message says which there are."""


@cache
def recipes() -> dict[str, Recipe]:
    return msgspec.json.decode((HERE / "recipes.json").read_bytes(), type=dict[str, Recipe])


def recipe(name: str) -> Recipe:
    """Raises `UnknownRecipe`."""
    found = recipes().get(name)
    if found is None:
        raise UnknownRecipe(f"There is no recipe {name}. There are: {', '.join(recipes())}.")
    return found


def base_layer(name: str) -> str:
    """The name of the layer that a recipe makes: another one for each change of the recipe."""
    return f"{name}-{_digest(msgspec.json.encode(recipe(name)), ' '.join(PACKAGES).encode())}"


def own_layer(base: str, *, databases: bool = False) -> str:
    """The name of the layer over a base: another one for each change of what this project puts into machines."""
    own = (*own_files(), *(sorted(DATABASE.glob("*.py")) if databases else ()))
    files = (part for path in own for part in (path.name.encode(), path.read_bytes()))
    makers = ((HERE / name).read_bytes() for name in ("finish.py", "accounts.py"))
    return f"{base}-{_digest(*files, *makers)}"


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:8]


def own_files() -> list[Path]:
    """The files that this project puts into each image."""
    return sorted(path for path in (*FILES.rglob("*"), *AGENT.glob("*.py")) if path.is_file())
