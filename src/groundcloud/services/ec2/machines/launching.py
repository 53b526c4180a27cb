"""RunInstances: who may launch, and what, and that the same request twice launches once.

How the records are made is in `launch.py`; the controller boots what is written there.
"""

from collections.abc import Mapping as Mapping_
from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.ec2.common import Tagged, TagSpecification, as_resource
from groundcloud.services.ec2.common import made as being_made
from groundcloud.services.ec2.machines.describing import reservation
from groundcloud.services.ec2.machines.devices import facts_of_volumes
from groundcloud.services.ec2.machines.key_pairs import named
from groundcloud.services.ec2.machines.launch import DEFAULT_TYPE, Asked, from_template, launch
from groundcloud.services.ec2.machines.launch_templates import data_of, known_template
from groundcloud.services.ec2.machines.parts import (
    CreditSpecification,
    EnclaveOptions,
    HibernationOptions,
    InterfaceSpecification,
    Ipv6Address,
    MaintenanceOptions,
    Mapping,
    MarketOptions,
    MetadataSpecification,
    MonitoringSpecification,
    PlacementSpecification,
    PrivateDnsNameOptions,
    ProfileSpecification,
    TemplateSpecification,
)
from groundcloud.services.ec2.machines.records import Instance
from groundcloud.services.ec2.machines.views import image_of
from groundcloud.services.ec2.network.records import SecurityGroup, Subnet
from groundcloud.services.ec2.tokens import Once


def _on(
    ctx: Context,
    image_id: str,
    subnet_id: str,
    security_group_ids: Sequence[str],
    key_name: str,
    instance_type: str,
    tag_specifications: Sequence[TagSpecification],
    launch_template: TemplateSpecification | None,
    block_device_mappings: Sequence[Mapping],
) -> list[Resource]:
    """What a launch needs permission for: the image, and all that it uses and makes.

    Source: "Actions, resources, and condition keys for Amazon EC2", RunInstances.
    """
    found: list[Resource] = []
    if launch_template is not None and (used_template := known_template(ctx, launch_template)) is not None:
        found.append(as_resource(used_template))
        said = data_of(ctx, launch_template)
        image_id, key_name = image_id or said.get("image_id", ""), key_name or said.get("key_name", "")
        instance_type = instance_type or said.get("instance_type", "")
        security_group_ids = security_group_ids or said.get("security_group_ids", ())
        block_device_mappings = [*said.get("block_device_mappings", ()), *block_device_mappings]
    facts = {"ec2:region": ctx.region, "ec2:instancetype": instance_type or DEFAULT_TYPE}
    found += [
        each
        for resource_type in ("instance", "network-interface")
        for each in being_made(ctx, resource_type, "RunInstances", tag_specifications, facts)
    ]
    for volume in facts_of_volumes(ctx, image_of(ctx, image_id), block_device_mappings):
        found += being_made(ctx, "volume", "RunInstances", tag_specifications, {**facts, **volume})
    return found + what_a_launch_uses(ctx, image_id, subnet_id, security_group_ids, key_name, facts)


def what_a_launch_uses(
    ctx: Context,
    image_id: str,
    subnet_id: str,
    security_group_ids: Sequence[str],
    key_name: str,
    facts: Mapping_[str, str],
) -> list[Resource]:
    """Its image, and of the rest what is there: what is not, the operation says once the caller is known to be
    allowed."""
    image = image_of(ctx, image_id)
    owner = "" if image is None else image.owner_id
    found = [Resource(f"arn:aws:ec2:{ctx.region}::image/{image_id}", facts={**facts, "ec2:owner": owner})]
    used: list[Tagged | None] = [ctx.get(Subnet, subnet_id)] if subnet_id else []
    used += [ctx.get(SecurityGroup, each) for each in security_group_ids]
    used.append(named(ctx, key_name) if key_name else None)
    return found + [as_resource(each) for each in used if each is not None]


@operation(on=_on, harmless=("AdditionalInfo",))
def run_instances(
    ctx: Context,
    max_count: int,
    min_count: int,
    image_id: str = "",
    instance_type: str = "",
    key_name: str = "",
    security_group_ids: Sequence[str] = (),
    security_groups: Sequence[str] = (),
    subnet_id: str = "",
    user_data: str = "",
    client_token: str = "",
    block_device_mappings: Sequence[Mapping] = (),
    iam_instance_profile: ProfileSpecification | None = None,
    network_interfaces: Sequence[InterfaceSpecification] = (),
    private_ip_address: str = "",
    tag_specifications: Sequence[TagSpecification] = (),
    disable_api_termination: bool = False,
    disable_api_stop: bool = False,
    instance_initiated_shutdown_behavior: str = "",
    metadata_options: MetadataSpecification | None = None,
    placement: PlacementSpecification | None = None,
    monitoring: MonitoringSpecification | None = None,
    ebs_optimized: bool = False,
    credit_specification: CreditSpecification | None = None,
    instance_market_options: MarketOptions | None = None,
    launch_template: TemplateSpecification | None = None,
    ipv6_addresses: Sequence[Ipv6Address] = (),
    ipv6_address_count: int | None = None,
    hibernation_options: HibernationOptions | None = None,
    enclave_options: EnclaveOptions | None = None,
    maintenance_options: MaintenanceOptions | None = None,
    private_dns_name_options: PrivateDnsNameOptions | None = None,
) -> object:
    return _launch_once(**locals())


def _launch_once(ctx: Context, client_token: str, **asked: Any) -> dict[str, Any]:
    once = Once(ctx, "RunInstances", client_token, asked)
    before = [each for one in once.made if (each := ctx.get(Instance, one)) is not None]
    if before:
        return reservation(ctx, before)
    made = launch(ctx, from_template(ctx, Asked(**asked), client_token))
    once.remember(*(each.instance_id for each in made))
    return reservation(ctx, made)
