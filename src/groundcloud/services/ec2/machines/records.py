"""What EC2 remembers of instances, key pairs and images."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import field

from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import Tagged, register
from groundcloud.store import Part, Record

PENDING, RUNNING, SHUTTING_DOWN, TERMINATED, STOPPING, STOPPED = 0, 16, 32, 48, 64, 80
STATE_NAMES = {
    PENDING: "pending",
    RUNNING: "running",
    SHUTTING_DOWN: "shutting-down",
    TERMINATED: "terminated",
    STOPPING: "stopping",
    STOPPED: "stopped",
}
"""The codes and names of an instance's states: InstanceState in the API reference."""


class KeyPair(Tagged):
    """A public key by name. Of a key that EC2 makes, the private half is shown once and not kept."""

    table = "ec2.key_pair"
    key = ("owner_id", "region", "key_pair_id")
    indexes = {"by_name": ("owner_id", "region", "key_name")}
    absent = errors.NoSuchKeyPairId
    prefix = "key"
    resource_type = "key-pair"

    owner_id: str
    region: str
    key_name: str
    key_pair_id: str
    key_type: str
    """`rsa` or `ed25519`."""
    key_fingerprint: str
    public_key: str
    """As OpenSSH writes it, without a comment."""
    create_time: datetime

    @property
    def arn_name(self) -> str:
        return self.key_name


class BlockDevice(Part):
    """A volume that an instance has."""

    device_name: str
    volume_id: str
    attach_time: datetime
    delete_on_termination: bool = False
    status: str = "attached"


class StateReason(Part):
    code: str
    message: str


class MetadataOptions(Part):
    state: str = "applied"
    http_tokens: str = "optional"
    http_put_response_hop_limit: int = 1
    http_endpoint: str = "enabled"
    http_protocol_ipv6: str = "disabled"
    instance_metadata_tags: str = "disabled"


class Profile(Part):
    """The instance profile of an instance."""

    arn: str
    id: str
    association_id: str
    timestamp: datetime


class Instance(Tagged):
    table = "ec2.instance"
    key = ("owner_id", "region", "instance_id")
    indexes = {
        "by_id": ("instance_id",),
        "by_reservation": ("owner_id", "region", "reservation_id", "instance_id"),
        "by_profile": lambda instance: (
            [(instance.owner_id, instance.region, instance.profile.association_id)]
            if instance.profile is not None
            else []
        ),
    }
    absent = errors.InstanceNotFound
    prefix = "i"
    resource_type = "instance"

    owner_id: str
    region: str
    instance_id: str
    reservation_id: str
    image_id: str
    instance_type: str
    launch_time: datetime
    availability_zone: str
    subnet_id: str
    vpc_id: str
    state: int = PENDING
    state_reason: StateReason | None = None
    state_transition_reason: str = ""
    ami_launch_index: int = 0
    client_token: str = ""
    key_name: str | None = None
    public_key: str = ""
    """The key pair's, as it was at launch."""
    root_device_name: str = "/dev/xvda"
    block_devices: list[BlockDevice] = []
    interfaces: list[str] = []
    """Ids of its network interfaces, by their device index."""
    profile: Profile | None = None
    metadata_options: MetadataOptions = field(default_factory=MetadataOptions)
    disable_api_termination: bool = False
    disable_api_stop: bool = False
    shutdown_behavior: str = "stop"
    ebs_optimized: bool = False
    monitoring: bool = False
    source_dest_check: bool = True
    tenancy: str = "default"
    placement_group: str | None = None
    credits: str = ""
    spot: bool = False
    spot_request: str = ""
    boots: int = 0
    """How many times it has been told to boot: what has changed since the engine's last start is a reboot."""
    forced: bool = False
    """To be ended without asking its system."""
    booted: int = 0
    """How many of them the engine has carried out."""
    reachability: str = "initializing"
    """What its status checks say: `passed` or `failed`, once there was one."""
    impaired_since: datetime | None = None
    terminated: datetime | None = None
    """When it ended; it is shown for an hour after."""

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.state]

    @property
    def health(self) -> str:
        return {"passed": "ok", "failed": "impaired"}.get(self.reachability, self.reachability)

    def facts(self) -> dict[str, str | Sequence[str]]:
        return {
            "ec2:instanceid": self.instance_id,
            "ec2:instancetype": self.instance_type,
            "ec2:availabilityzone": self.availability_zone,
            "ec2:tenancy": self.tenancy,
            "ec2:rootdevicetype": "ebs",
            **({"ec2:instanceprofile": self.profile.arn} if self.profile is not None else {}),
        }


class UserData(Record):
    """An instance's user data, sealed: people put passwords into it."""

    table = "ec2.user_data"
    key = ("owner_id", "region", "instance_id")

    owner_id: str
    region: str
    instance_id: str
    sealed: bytes


class ImageDevice(Part):
    """A volume that an image brings."""

    device_name: str
    snapshot_id: str = ""
    volume_size: int = 8
    volume_type: str = "gp2"
    delete_on_termination: bool = True
    encrypted: bool = False
    iops: int | None = None
    throughput: int | None = None
    kms_key_id: str | None = None
    """Of an encrypted one without a snapshot."""


class Image(Tagged):
    """An AMI that somebody made here; the public ones are data (`catalog.py`)."""

    table = "ec2.image"
    key = ("owner_id", "region", "image_id")
    indexes = {
        "by_id": ("image_id",),
        "by_name": ("owner_id", "region", "name"),
        "by_engine_image": ("engine_image",),
        "by_snapshot": lambda image: [(image.owner_id, image.region, each.snapshot_id) for each in image.devices],
        "by_sharing": lambda image: [(image.region, image.image_id)] if image.launch_accounts else [],
    }
    absent = errors.NoSuchImage
    prefix = "ami"
    resource_type = "image"

    owner_id: str
    region: str
    image_id: str
    name: str
    creation_date: datetime
    state: str = "pending"
    """`pending`, `available`, `disabled`, `failed`, `deregistered`."""
    state_reason: StateReason | None = None
    description: str | None = None
    engine_image: str = ""
    """The machine engine's name of what it boots."""
    root_device_name: str = "/dev/xvda"
    devices: list[ImageDevice] = []
    source_instance_id: str | None = None
    source_image_id: str | None = None
    source_image_region: str | None = None
    architecture: str = "x86_64"
    launch_accounts: list[str] = []
    """Accounts that may launch it; `all` is everybody."""
    product_codes: list[str] = []
    imds_support: str | None = None
    deprecation_time: datetime | None = None
    deregistration_protection: str = "disabled"
    """Or `enabled-with-cooldown`, `enabled-without-cooldown`."""
    protected_until: datetime | None = None
    """The end of the cooldown."""


register(KeyPair, Instance, Image)
