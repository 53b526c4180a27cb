"""EBS volume types and their limits. Source: "Amazon EBS volume types" in the EBS user guide."""

from collections.abc import Sequence
from typing import NamedTuple

from groundcloud.services.ec2 import errors


class VolumeType(NamedTuple):
    least: int
    """GiB."""
    most: int
    iops: tuple[int, int] | None = None
    """The range that may be asked for."""
    default_iops: int | None = None
    throughput: tuple[int, int] | None = None
    default_throughput: int | None = None
    """MiB/s."""


VOLUME_TYPES = {
    "standard": VolumeType(1, 1024),
    "gp2": VolumeType(1, 16384),
    "gp3": VolumeType(1, 65536, (3000, 80000), 3000, (125, 2000), 125),
    "io1": VolumeType(4, 16384, (100, 64000)),
    "io2": VolumeType(4, 65536, (100, 256000)),
    "st1": VolumeType(125, 16384),
    "sc1": VolumeType(125, 16384),
}


def volume_facts(
    *, encrypted: bool, size: int | None, volume_type: str, iops: int | None = None, parent: str = ""
) -> dict[str, str | Sequence[str]]:
    """Condition keys of a volume that is about to be made; `parent` is its snapshot's ARN. Source: "Actions, resources,
    and condition keys for Amazon EC2"."""
    found: dict[str, str | Sequence[str]] = {
        "ec2:encrypted": "true" if encrypted else "false",
        "ec2:volumetype": volume_type,
    }
    found |= {} if size is None else {"ec2:volumesize": str(size)}
    found |= {} if iops is None else {"ec2:volumeiops": str(iops)}
    return found | ({"ec2:parentsnapshot": parent} if parent else {})


class Checked(NamedTuple):
    iops: int | None
    throughput: int | None


def check_volume(volume_type: str, size: int, iops: int | None, throughput: int | None) -> Checked:
    """The rates that a volume has. Raises EC2's errors for what its type does not allow."""
    kind = VOLUME_TYPES.get(volume_type)
    if kind is None:
        raise errors.UnknownVolumeType(volume_type=volume_type)
    if not kind.least <= size <= kind.most:
        bound = f"at least {kind.least}" if size < kind.least else f"at most {kind.most}"
        raise errors.InvalidParameterValue(
            reason=f"Volume of {size}GiB is invalid for volume type {volume_type}; must be {bound} GiB."
        )
    if volume_type in ("io1", "io2") and iops is None:
        raise errors.MissingParameter(name="iops")
    if iops is not None and kind.iops is None:
        raise errors.InvalidParameterCombination(
            reason=f"The parameter iops is not supported for {volume_type} volumes."
        )
    if throughput is not None and kind.throughput is None:
        raise errors.InvalidParameterCombination(
            reason=f"The parameter throughput is not supported for {volume_type} volumes."
        )
    for name, value, limits in (("iops", iops, kind.iops), ("throughput", throughput, kind.throughput)):
        if value is not None and limits is not None and not limits[0] <= value <= limits[1]:
            raise errors.InvalidParameterValue(
                reason=f"Value ({value}) for parameter {name} is invalid: {volume_type} volumes have "
                f"{limits[0]} to {limits[1]}."
            )
    if volume_type == "gp2":
        return Checked(min(max(3 * size, 100), 16000), None)
    return Checked(iops or kind.default_iops, throughput or kind.default_throughput)
