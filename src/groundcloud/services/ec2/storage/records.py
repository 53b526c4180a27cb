"""What EC2 remembers of EBS: volumes and snapshots."""

from collections.abc import Sequence
from datetime import datetime

from groundcloud.data_keys import DataKey
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import Tagged, register
from groundcloud.store import Part, Record


class VolumeAttachment(Part):
    instance_id: str
    device: str
    attach_time: datetime
    state: str = "attached"
    """`attaching`, `attached`, `detaching`, `busy`."""
    delete_on_termination: bool = False


class VolumeModification(Part):
    """The last change of a volume, and what it was before."""

    state: str
    """`modifying`, `completed`, `failed`."""
    size: int
    volume_type: str
    start_time: datetime
    iops: int | None = None
    throughput: int | None = None
    end_time: datetime | None = None


class Volume(Tagged):
    table = "ec2.volume"
    key = ("owner_id", "region", "volume_id")
    indexes = {
        "by_instance": lambda volume: [
            (volume.owner_id, volume.region, each.instance_id) for each in volume.attachments
        ]
    }
    absent = errors.NoSuchVolume
    prefix, resource_type = "vol", "volume"

    owner_id: str
    region: str
    volume_id: str
    availability_zone: str
    create_time: datetime
    size: int
    """GiB."""
    volume_type: str = "gp2"
    state: str = "creating"
    """`creating`, `available`, `in-use`, `deleting`, `error`."""
    snapshot_id: str = ""
    engine_image: str = ""
    """For a root volume: what the machine engine laid it on."""
    iops: int | None = None
    throughput: int | None = None
    encrypted: bool = False
    kms_key_id: str | None = None
    attachments: list[VolumeAttachment] = []
    data_key: DataKey | None = None
    """Of an encrypted one."""
    source_key: DataKey | None = None
    """The data key of what it is made of, wrapped for it, where that has another one."""
    grants: list[str] = []
    """Of KMS: what lets EC2 open its data key."""
    flaw: str = ""
    """Why it has no data key."""
    forced_detach: bool = False
    auto_enable_io: bool = False
    modification: VolumeModification | None = None

    def facts(self) -> dict[str, str | Sequence[str]]:
        return {
            "ec2:volumeid": self.volume_id,
            "ec2:volumesize": str(self.size),
            "ec2:volumetype": self.volume_type,
            "ec2:encrypted": "true" if self.encrypted else "false",
            "ec2:availabilityzone": self.availability_zone,
        }


class Snapshot(Tagged):
    table = "ec2.snapshot"
    key = ("owner_id", "region", "snapshot_id")
    indexes = {
        "by_id": ("snapshot_id",),
        "by_sharing": lambda snapshot: (
            [(snapshot.region, snapshot.snapshot_id)] if snapshot.create_volume_accounts else []
        ),
    }
    absent = errors.NoSuchSnapshot
    prefix, resource_type = "snap", "snapshot"

    owner_id: str
    region: str
    snapshot_id: str
    volume_id: str
    volume_size: int
    start_time: datetime
    state: str = "pending"
    """`pending`, `completed`, `error`, `deleting`."""
    state_message: str | None = None
    source: str = ""
    """The snapshot that it is a copy of."""
    description: str = ""
    engine_image: str = ""
    """Of a root volume's snapshot: what it lay on."""
    encrypted: bool = False
    kms_key_id: str | None = None
    data_key: DataKey | None = None
    """Of an encrypted one: its volume's, but for a copy under another key."""
    source_key: DataKey | None = None
    grants: list[str] = []
    flaw: str = ""
    completion_time: datetime | None = None
    create_volume_accounts: list[str] = []
    """Accounts that may make volumes of it; `all` is everybody."""


class EbsDefaults(Record):
    """Encryption by default, of an account in a Region."""

    table = "ec2.ebs_defaults"
    key = ("owner_id", "region")
    watched = False

    owner_id: str
    region: str
    encrypted: bool = False
    kms_key_id: str | None = None
    """Instead of the key that AWS manages."""
    managed_key: str | None = None
    """The ARN of the key that AWS manages for EBS, once it is there."""


register(Volume, Snapshot)
