"""Instance types and where they are offered, as Describe calls show them."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.filters import Filter, Filters, matcher
from groundcloud.services.ec2.machines.instance_types import InstanceType, instance_types
from groundcloud.services.ec2.regions import zones

_FILTERS: Filters = {
    "auto-recovery-supported": lambda kind: True,
    "bare-metal": lambda kind: False,
    "burstable-performance-supported": lambda kind: kind.burstable,
    "current-generation": lambda kind: kind.current,
    "ebs-info.ebs-optimized-support": lambda kind: "unsupported",
    "ebs-info.encryption-support": lambda kind: "supported",
    "free-tier-eligible": lambda kind: kind.name in ("t2.micro", "t3.micro"),
    "hibernation-supported": lambda kind: False,
    "hypervisor": lambda kind: kind.hypervisor,
    "instance-storage-supported": lambda kind: False,
    "instance-type": lambda kind: kind.name,
    "memory-info.size-in-mib": lambda kind: kind.memory_mib,
    "network-info.ipv6-supported": lambda kind: True,
    "network-info.maximum-network-interfaces": lambda kind: kind.interfaces,
    "processor-info.supported-architecture": lambda kind: "x86_64",
    "processor-info.sustained-clock-speed-in-ghz": lambda kind: str(kind.clock),
    "supported-boot-mode": lambda kind: "legacy-bios",
    "supported-root-device-type": lambda kind: "ebs",
    "supported-usage-class": lambda kind: ["on-demand", "spot"],
    "supported-virtualization-type": lambda kind: "hvm",
    "vcpu-info.default-cores": lambda kind: max(kind.vcpus // kind.threads_per_core, 1),
    "vcpu-info.default-threads-per-core": lambda kind: kind.threads_per_core,
    "vcpu-info.default-vcpus": lambda kind: kind.vcpus,
}


def _view(kind: InstanceType) -> dict[str, Any]:
    return {
        "instance_type": kind.name,
        "current_generation": kind.current,
        "free_tier_eligible": kind.name in ("t2.micro", "t3.micro"),
        "supported_usage_classes": ["on-demand", "spot"],
        "supported_root_device_types": ["ebs"],
        "supported_virtualization_types": ["hvm"],
        "bare_metal": False,
        "hypervisor": kind.hypervisor,
        "processor_info": {"supported_architectures": ["x86_64"], "sustained_clock_speed_in_ghz": kind.clock},
        "v_cpu_info": {
            "default_v_cpus": kind.vcpus,
            "default_cores": max(kind.vcpus // kind.threads_per_core, 1),
            "default_threads_per_core": kind.threads_per_core,
        },
        "memory_info": {"size_in_mi_b": kind.memory_mib},
        "instance_storage_supported": False,
        "ebs_info": {"ebs_optimized_support": "unsupported", "encryption_support": "supported"},
        "network_info": {
            "maximum_network_interfaces": kind.interfaces,
            "ipv4_addresses_per_interface": kind.addresses,
            "ipv6_addresses_per_interface": kind.addresses,
            "ipv6_supported": True,
            "ena_support": "supported",
        },
        "placement_group_info": {"supported_strategies": ["partition", "spread"]},
        "hibernation_supported": False,
        "burstable_performance_supported": kind.burstable,
        "dedicated_hosts_supported": False,
        "auto_recovery_supported": True,
        "supported_boot_modes": ["legacy-bios"],
    }


@operation(on="*", read=True)
def describe_instance_types(
    ctx: Context, instance_types: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> dict[str, Page]:
    passes = matcher(filters, _FILTERS)
    known = _known()
    if unknown := [name for name in instance_types if name not in known]:
        raise errors.InvalidInstanceType(
            reason=f"The following supplied instance types do not exist: [{', '.join(unknown)}]"
        )
    found = [known[name] for name in instance_types] if instance_types else list(known.values())
    return {
        "instance_types": page_of(
            [_view(kind) for kind in found if passes(kind)], lambda kind: str(kind["instance_type"])
        )
    }


def _known() -> dict[str, InstanceType]:
    return instance_types()


_OFFERING_FILTERS: Filters = {
    "instance-type": lambda offer: offer["instance_type"],
    "location": lambda offer: offer["location"],
}


@operation(on="*", read=True)
def describe_instance_type_offerings(
    ctx: Context, location_type: str = "region", filters: Sequence[Filter] = ()
) -> dict[str, Page]:
    """Every zone has every type."""
    passes = matcher(filters, _OFFERING_FILTERS)
    places = {
        "region": [ctx.region],
        "availability-zone": [each.zone_name for each in zones(ctx.account, ctx.region)],
        "availability-zone-id": [each.zone_id for each in zones(ctx.account, ctx.region)],
    }.get(location_type, [])
    offers = [
        {"instance_type": name, "location_type": location_type, "location": place}
        for name in _known()
        for place in places
    ]
    return {
        "instance_type_offerings": page_of(
            [offer for offer in offers if passes(offer)], lambda offer: f"{offer['instance_type']}/{offer['location']}"
        )
    }
