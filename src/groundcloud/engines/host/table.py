"""Everything that the privileged process does for others: names, what they take, and what they give back.

Arguments are decoded into these types before anything is called; the engines check what a type cannot say.
"""

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from groundcloud.engines.machines.wanted import (
    Disk,
    ImageProgress,
    Machine,
    MachineFailed,
    Machines,
    Seal,
    State,
    Usage,
    Volumes,
)
from groundcloud.engines.network.wanted import CountingNetworks, Flow, Network, Traffic, Unreachable

Id = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")]
Maybe = Annotated[str, Meta(pattern=r"^([a-z0-9][a-z0-9.-]{0,62})?$")]
Size = Annotated[int, Meta(ge=1, le=65536)]
Link = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9]{0,14}$")]

ERRORS: dict[str, type[Exception]] = {"MachineFailed": MachineFailed, "Unreachable": Unreachable}
"""The errors that come back as what they are."""


class Function(NamedTuple):
    """One line of the table."""

    takes: tuple[Any, ...]
    gives: Any = None
    descriptors: bool = False
    """Its result is a dict of descriptors."""


FUNCTIONS = {
    "host.about": Function((), dict[str, Any]),
    "host.listen": Function((), dict[str, int], descriptors=True),
    "host.usage": Function((), dict[str, Usage]),
    "machines.start": Function((Machine,), State),
    "machines.stop": Function((Id, bool)),
    "machines.reboot": Function((Id,)),
    "machines.states": Function((), dict[str, State]),
    "machines.forget": Function((Id,)),
    "machines.remove": Function((Id,)),
    "machines.console": Function((Id,), bytes),
    "machines.attach": Function((Id, Disk)),
    "machines.detach": Function((Id, Id, bool)),
    "volumes.create_root": Function((Id, Size, Id, Seal | None)),
    "volumes.create": Function((Id, Size, Maybe, Seal | None)),
    "volumes.unlock": Function((Id, bytes)),
    "volumes.grow": Function((Id, Size)),
    "volumes.grow_file_system": Function((Id,)),
    "volumes.delete": Function((Id,)),
    "volumes.snapshot": Function((Id, Id)),
    "volumes.delete_snapshot": Function((Id,)),
    "volumes.image_from_snapshot": Function((Id, Id)),
    "volumes.delete_image": Function((Id,)),
    "volumes.images": Function((), set[str]),
    "volumes.build_image": Function((Id,), ImageProgress),
    "volumes.building": Function((), dict[str, ImageProgress]),
    "network.reconcile": Function((Network,)),
    "network.remove": Function((Id,)),
    "network.networks": Function((), set[str]),
    "network.plug": Function((Id, Id, Id, Link)),
    "network.unplug": Function((Id, Id)),
    "network.flows": Function((Id,), list[Flow]),
    "network.traffic": Function((Id,), dict[str, Traffic]),
    "network.answering": Function((Id,), set[str]),
    "network.listen": Function((Id,), dict[str, int], descriptors=True),
}


class NoSuchCall(Exception):
    """The call is not in the table, or its arguments are not what it takes."""


def bound(
    machines: Machines,
    volumes: Volumes,
    networks: CountingNetworks,
    about: Callable[[], object],
    listen: Callable[[], dict[str, int]],
    usage: Callable[[], dict[str, Usage]] = dict,
) -> dict[str, Any]:
    """The functions behind the names. `force` is a keyword in the contract and a place in a message."""
    engines = {"machines": machines, "volumes": volumes, "network": networks}
    found: dict[str, Any] = {"host.about": about, "host.listen": listen, "host.usage": usage}
    for name in FUNCTIONS.keys() - found.keys():
        kind, _, method = name.partition(".")
        found[name] = getattr(engines[kind], method)
    found["machines.stop"] = lambda machine_id, force: machines.stop(machine_id, force=force)
    found["machines.detach"] = lambda machine_id, volume, force: machines.detach(machine_id, volume, force=force)
    return found


def arguments(name: str, given: list[Any]) -> list[Any]:
    """The arguments of a call in their types. Raises `NoSuchCall`."""
    function = FUNCTIONS.get(name)
    if function is None:
        raise NoSuchCall(f"there is no call {name!r}")
    if len(given) != len(function.takes):
        raise NoSuchCall(f"{name} takes {len(function.takes)} arguments")
    try:
        return [msgspec.convert(value, kind) for value, kind in zip(given, function.takes, strict=True)]
    except msgspec.ValidationError as error:
        raise NoSuchCall(f"{name}: {error}") from error
