"""What a launch names: the structures of RunInstances and of launch templates."""

from groundcloud.store import Part


class Ebs(Part):
    delete_on_termination: bool | None = None
    iops: int | None = None
    snapshot_id: str | None = None
    volume_size: int | None = None
    volume_type: str | None = None
    kms_key_id: str | None = None
    throughput: int | None = None
    encrypted: bool | None = None


class Mapping(Part):
    """A block device mapping."""

    device_name: str = ""
    virtual_name: str | None = None
    ebs: Ebs | None = None
    no_device: str | None = None


class PrivateAddress(Part):
    private_ip_address: str = ""
    primary: bool = False


class Ipv6Address(Part):
    ipv6_address: str = ""


class InterfaceSpecification(Part):
    associate_public_ip_address: bool | None = None
    delete_on_termination: bool | None = None
    description: str = ""
    device_index: int = 0
    groups: list[str] = []
    network_interface_id: str = ""
    private_ip_address: str = ""
    private_ip_addresses: list[PrivateAddress] = []
    secondary_private_ip_address_count: int = 0
    subnet_id: str = ""
    interface_type: str = ""
    network_card_index: int = 0
    ipv6_addresses: list[Ipv6Address] = []
    ipv6_address_count: int | None = None


class ProfileSpecification(Part):
    arn: str = ""
    name: str = ""


class PlacementSpecification(Part):
    availability_zone: str = ""
    availability_zone_id: str = ""
    tenancy: str = ""
    group_name: str = ""


class MonitoringSpecification(Part):
    enabled: bool = False


class CreditSpecification(Part):
    cpu_credits: str = ""


class MetadataSpecification(Part):
    http_tokens: str | None = None
    http_put_response_hop_limit: int | None = None
    http_endpoint: str | None = None
    http_protocol_ipv6: str | None = None
    instance_metadata_tags: str | None = None


class SpotOptions(Part):
    max_price: str | None = None
    spot_instance_type: str | None = None
    instance_interruption_behavior: str | None = None


class MarketOptions(Part):
    market_type: str = ""
    spot_options: SpotOptions | None = None


class HibernationOptions(Part):
    configured: bool = False


class EnclaveOptions(Part):
    enabled: bool = False


class MaintenanceOptions(Part):
    auto_recovery: str = "default"


class PrivateDnsNameOptions(Part):
    hostname_type: str = "ip-name"
    enable_resource_name_dns_a_record: bool = False
    enable_resource_name_dns_aaaa_record: bool = False


class TemplateSpecification(Part):
    """A launch template and its version (`$Default` unless it says another)."""

    launch_template_id: str = ""
    launch_template_name: str = ""
    version: str = ""
