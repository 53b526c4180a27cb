"""What an instance learns of itself: the tree below 169.254.169.254/latest, and its tokens and credentials.

The HTTP side is `fronts/metadata.py`. Source: "Instance metadata categories" and "Use the Instance Metadata Service" in
the EC2 user guide.
"""

import base64
import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from groundcloud.sealing import NotOurs, Sealer
from groundcloud.services.ec2.machines.catalog import public_images
from groundcloud.services.ec2.machines.records import Image, Instance, UserData
from groundcloud.services.ec2.network.names import private_name, public_name
from groundcloud.services.ec2.network.records import NetworkInterface, Subnet, Vpc, interface_at
from groundcloud.services.ec2.regions import zone_id_of
from groundcloud.store import Record, Transaction

Leaf = str | Callable[[], str]
Tree = Mapping[str, "Tree | Leaf"]

LONGEST_TOKEN = 21600
"""Seconds that a token may live."""
RENEWED_BEFORE = timedelta(minutes=15)
"""New credentials are there at least this long before the old ones end."""


class RoleCredentials(Record):
    """The credentials that an instance has from its role, sealed, until they are renewed."""

    table = "ec2.role_credentials"
    key = ("owner_id", "region", "instance_id")
    watched = False

    owner_id: str
    region: str
    instance_id: str
    role_arn: str
    expiration: datetime
    sealed: bytes


class Asking(NamedTuple):
    """Who asks: an instance, and the interface whose address the question came from."""

    instance: Instance
    interface: NetworkInterface


def asking(tx: Transaction, vpc_id: str, address: str) -> Asking | None:
    """The instance that has an address in a VPC."""
    interface = interface_at(tx, vpc_id, address)
    if interface is None or interface.attachment is None or interface.attachment.instance_id is None:
        return None
    instance = next(tx.scan(Instance, interface.attachment.instance_id, index="by_id"), None)
    return Asking(instance, interface) if instance is not None else None


# -- requests without a token (version 1 of the service)


class Accesses:
    """How often each instance has asked without a token since it was counted last: what was answered, and what was
    refused because it needs one."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}

    def note(self, instance_id: str, *, refused: bool) -> None:
        answered, rejected = self._counts.get(instance_id, (0, 0))
        self._counts[instance_id] = (answered + (not refused), rejected + refused)

    def take(self, instance_id: str) -> tuple[int, int]:
        """Both counts, which begin anew."""
        return self._counts.pop(instance_id, (0, 0))

    def keep(self, instance_ids: Collection[str]) -> None:
        """Forget all others."""
        self._counts = {name: each for name, each in self._counts.items() if name in instance_ids}


# -- tokens (version 2 of the service)


def new_token(sealer: Sealer, instance_id: str, now: datetime, seconds: int) -> str:
    content = f"{instance_id} {int(now.timestamp()) + seconds}".encode()
    return base64.urlsafe_b64encode(sealer.seal(content, "ec2.metadata")).decode()


def token_seconds(sealer: Sealer, token: str, instance_id: str, now: datetime) -> int:
    """How long a token is still good for, on the instance that it was made for; 0 for any other text."""
    try:
        content = sealer.open(base64.urlsafe_b64decode(token), "ec2.metadata").decode()
    except (NotOurs, ValueError):
        return 0
    owner, _, ends = content.partition(" ")
    return max(int(ends) - int(now.timestamp()), 0) if owner == instance_id else 0


# -- the tree


class Extra(NamedTuple):
    """What the tree needs besides the records."""

    user_data: Callable[[UserData], bytes]
    """Opens what was sealed."""
    credentials: str
    """The document of the role's credentials; empty without a role."""
    ca: str
    """The installation's certificate authority, as PEM."""
    sign: Callable[[bytes], str]
    """Signs the identity document."""


def tree(tx: Transaction, who: Asking, extra: Extra) -> Tree:
    """All that is below `/latest`."""
    instance = who.instance
    found: dict[str, Tree | Leaf] = {
        "dynamic": _dynamic(tx, who, extra),
        "meta-data": _metadata(tx, who, extra),
    }
    kept = tx.get(UserData, instance.owner_id, instance.region, instance.instance_id)
    if kept is not None:
        found["user-data"] = lambda: extra.user_data(kept).decode("latin-1")
    return found


def _image(tx: Transaction, instance: Instance) -> Image | None:
    return public_images(instance.region).get(instance.image_id) or next(
        tx.scan(Image, instance.image_id, index="by_id"), None
    )


def _metadata(tx: Transaction, who: Asking, extra: Extra) -> Tree:
    instance, interface = who
    primary = next(iter(_interfaces(tx, instance)), interface)
    return {
        "ami-id": instance.image_id,
        "ami-launch-index": str(instance.ami_launch_index),
        "ami-manifest-path": "(unknown)",
        "block-device-mapping": _devices(instance),
        "events": {"maintenance": {"history": "[]", "scheduled": "[]"}},
        "hostname": private_name(primary.region, primary.private_ip_address),
        "instance-action": "none",
        "instance-id": instance.instance_id,
        "instance-life-cycle": "spot" if instance.spot else "on-demand",
        "instance-type": instance.instance_type,
        "local-hostname": private_name(primary.region, primary.private_ip_address),
        "local-ipv4": primary.private_ip_address,
        "mac": primary.mac_address,
        "metrics": {"vhostmd": '<?xml version="1.0" encoding="UTF-8"?>'},
        "network": {
            "interfaces": {"macs": {f"{each.mac_address}": _network(tx, each) for each in _interfaces(tx, instance)}}
        },
        "placement": {
            "availability-zone": instance.availability_zone,
            "availability-zone-id": zone_id_of(instance.owner_id, instance.region, instance.availability_zone),
            "region": instance.region,
        },
        "profile": "default-hvm",
        "reservation-id": instance.reservation_id,
        "security-groups": "\n".join(group.group_name for group in primary.groups),
        "services": {"domain": "amazonaws.com", "partition": "aws"},
        **_at_times(tx, instance, primary, extra),
    }


def _at_times(tx: Transaction, instance: Instance, primary: NetworkInterface, extra: Extra) -> dict[str, Tree | Leaf]:
    """What some instances have and others do not."""
    found: dict[str, Tree | Leaf] = {}
    association = primary.association
    if association is not None:
        found["public-ipv4"] = association.public_ip
        found["public-hostname"] = public_name(instance.region, association.public_ip)
    if instance.profile is not None:
        found["iam"] = _iam(instance, extra)
    if instance.key_name:
        found["public-keys"] = {f"0={instance.key_name}": {"openssh-key": f"{instance.public_key} {instance.key_name}"}}
    if instance.metadata_options.instance_metadata_tags == "enabled":
        found["tags"] = {"instance": {tag.key: tag.value for tag in instance.tags}}
    image = _image(tx, instance)
    if image is not None and image.product_codes:
        found["product-codes"] = "\n".join(image.product_codes)
    return found


def _interfaces(tx: Transaction, instance: Instance) -> list[NetworkInterface]:
    found = (tx.get(NetworkInterface, instance.owner_id, instance.region, each) for each in instance.interfaces)
    return [each for each in found if each is not None]


def _devices(instance: Instance) -> Tree:
    root = instance.root_device_name
    others = [each.device_name for each in instance.block_devices if each.device_name != root]
    found: dict[str, Tree | Leaf] = {"ami": root.removeprefix("/dev/"), "root": root}
    for number, name in enumerate(others, 1):
        found[f"ebs{number}"] = name.removeprefix("/dev/")
    return found


def _iam(instance: Instance, extra: Extra) -> Tree:
    assert instance.profile is not None
    info = {
        "Code": "Success",
        "LastUpdated": instance.profile.timestamp.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "InstanceProfileArn": instance.profile.arn,
        "InstanceProfileId": instance.profile.id,
    }
    found: dict[str, Tree | Leaf] = {"info": json.dumps(info, indent=2)}
    if extra.credentials:
        role = json.loads(extra.credentials).pop("RoleName")
        shown = {name: value for name, value in json.loads(extra.credentials).items() if name != "RoleName"}
        found["security-credentials"] = {role: json.dumps(shown, indent=2)}
    return found


def _network(tx: Transaction, interface: NetworkInterface) -> Tree:
    subnet = tx.get(Subnet, interface.owner_id, interface.region, interface.subnet_id)
    vpc = tx.get(Vpc, interface.owner_id, interface.region, interface.vpc_id)
    index = interface.attachment.device_index if interface.attachment is not None else 0
    found: dict[str, Tree | Leaf] = {
        "device-number": str(index),
        "interface-id": interface.network_interface_id,
        "local-hostname": private_name(interface.region, interface.private_ip_address),
        "local-ipv4s": "\n".join(each.private_ip_address for each in interface.private_ip_addresses),
        "mac": interface.mac_address,
        "owner-id": interface.owner_id,
        "security-group-ids": "\n".join(group.group_id for group in interface.groups),
        "security-groups": "\n".join(group.group_name for group in interface.groups),
        "subnet-id": interface.subnet_id,
        "vpc-id": interface.vpc_id,
    }
    if subnet is not None:
        found["subnet-ipv4-cidr-block"] = subnet.cidr_block
    if vpc is not None:
        found["vpc-ipv4-cidr-block"] = vpc.cidr_block
        found["vpc-ipv4-cidr-blocks"] = vpc.cidr_block
    if interface.association is not None:
        public = interface.association.public_ip
        found["public-ipv4s"] = public
        found["public-hostname"] = public_name(interface.region, public)
        found["ipv4-associations"] = {public: interface.private_ip_address}
    return found


def _dynamic(tx: Transaction, who: Asking, extra: Extra) -> Tree:
    document = _identity_document(tx, who)
    return {
        "groundcloud": {"ca.pem": extra.ca},
        "instance-identity": {"document": document, "signature": lambda: extra.sign(document.encode())},
    }


def _identity_document(tx: Transaction, who: Asking) -> str:
    instance = who.instance
    image = _image(tx, instance)
    content: dict[str, Any] = {
        "accountId": instance.owner_id,
        "architecture": image.architecture if image is not None else "x86_64",
        "availabilityZone": instance.availability_zone,
        "billingProducts": None,
        "devpayProductCodes": None,
        "marketplaceProductCodes": None,
        "imageId": instance.image_id,
        "instanceId": instance.instance_id,
        "instanceType": instance.instance_type,
        "kernelId": None,
        "pendingTime": instance.launch_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "privateIp": who.interface.private_ip_address,
        "ramdiskId": None,
        "region": instance.region,
        "version": "2017-09-30",
    }
    return json.dumps(content, indent=2)


def look_up(root: Tree, path: str) -> str | None:
    """What is at a path: a leaf's text, or the names below it, one a line; None where there is nothing."""
    here: Tree | Leaf = root
    for part in filter(None, path.split("/")):
        if not isinstance(here, Mapping):
            return None
        found = here.get(part)
        if found is None:  # a public key is listed as `0=name` and read at `0`
            found = next((value for name, value in here.items() if name.partition("=")[0] == part), None)
        if found is None:
            return None
        here = found
    if isinstance(here, Mapping):
        return "\n".join(_listed(name, below) for name, below in here.items())
    return here if isinstance(here, str) else here()


def _listed(name: str, below: "Tree | Leaf") -> str:
    return f"{name}/" if isinstance(below, Mapping) and "=" not in name else name
