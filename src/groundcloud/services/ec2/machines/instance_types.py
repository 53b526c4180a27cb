"""Instance types: how much of the machine an instance may have. Data, from AWS's public tables of EC2 types."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

# family: (processor's sustained clock in GHz, current generation, burstable, {size: (vCPUs, threads per core, MiB)})
_MIB = 1024
_T = {
    "nano": (2, 0.5),
    "micro": (2, 1.0),
    "small": (2, 2.0),
    "medium": (2, 4.0),
    "large": (2, 8.0),
    "xlarge": (4, 16.0),
    "2xlarge": (8, 32.0),
}
_SIZES = {"large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32, "12xlarge": 48, "16xlarge": 64}


class InstanceType(NamedTuple):
    """vCPUs, memory in MiB, and what DescribeInstanceTypes tells besides."""

    name: str
    vcpus: int
    memory_mib: int
    threads_per_core: int
    clock: float
    """GHz."""
    current: bool
    burstable: bool
    hypervisor: str
    interfaces: int
    """The most network interfaces."""
    addresses: int
    """The most private IPv4 addresses of one interface."""

    @property
    def family(self) -> str:
        return self.name.partition(".")[0]


def _general(name: str, per_cpu: float, clock: float, *, current: bool = True) -> Iterator[InstanceType]:
    for size, vcpus in _SIZES.items():
        yield InstanceType(
            f"{name}.{size}",
            vcpus,
            int(vcpus * per_cpu * _MIB),
            2,
            clock,
            current,
            False,
            "nitro" if name[1] >= "5" else "xen",
            3 if vcpus == 2 else 4 if vcpus <= 8 else 8 if vcpus < 48 else 15,
            10 if vcpus == 2 else 15 if vcpus <= 8 else 30 if vcpus < 64 else 50,
        )


def _burstable(name: str, clock: float, hypervisor: str) -> Iterator[InstanceType]:
    for size, (vcpus, memory) in _T.items():
        if name == "t2" and size in ("nano", "micro", "small"):
            vcpus = 1
        interfaces = {"nano": 2, "micro": 2, "small": 3}.get(size, 3 if vcpus <= 2 else 4)
        addresses = {"nano": 2, "micro": 2, "small": 4, "medium": 6}.get(size, 12 if vcpus <= 2 else 15)
        yield InstanceType(
            f"{name}.{size}",
            vcpus,
            int(memory * _MIB),
            1 if name == "t2" else 2,
            clock,
            True,
            True,
            hypervisor,
            interfaces,
            addresses,
        )


@cache
def instance_types() -> dict[str, InstanceType]:
    """All instance types by name. Only x86_64: a machine here has its host's processor."""
    found: list[InstanceType] = [
        InstanceType("t1.micro", 1, 627, 1, 2.0, False, False, "xen", 2, 2),
        InstanceType("m1.small", 1, 1740, 1, 2.0, False, False, "xen", 2, 4),
        InstanceType("m1.medium", 1, 3788, 1, 2.0, False, False, "xen", 2, 6),
        InstanceType("m3.medium", 1, 3840, 1, 2.5, False, False, "xen", 2, 6),
        *_burstable("t2", 2.3, "xen"),
        *_burstable("t3", 2.5, "nitro"),
        *_burstable("t3a", 2.2, "nitro"),
        *_general("m4", 4, 2.3),
        *_general("m5", 4, 3.1),
        *_general("m6i", 4, 3.5),
        *_general("m7i", 4, 3.2),
        *_general("c4", 1.875, 2.9),
        *_general("c5", 2, 3.4),
        *_general("c6i", 2, 3.5),
        *_general("r4", 7.625, 2.3),
        *_general("r5", 8, 3.1),
        *_general("r6i", 8, 3.5),
    ]
    return {each.name: each for each in found}
