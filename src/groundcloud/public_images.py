"""The public images: what the machine engine's recipes are called in the AWS world. Data, for EC2 and for the public
parameters of Systems Manager.

Each is what it says in its description: where a text asks for another distribution's image by its id or product code,
the answer is an image of ours in its place, and its description says so.
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

AMAZON, CANONICAL, DEBIAN, CENTOS = "137112412989", "099720109477", "136693071363", "679593333241"
"""The accounts that own the public images of these names in AWS."""
ALIASES = {AMAZON: "amazon", CENTOS: "aws-marketplace"}
"""ImageOwnerAlias of the owners that have one."""


class PublicImage(NamedTuple):
    """An image that every account sees in every region."""

    name: str
    owner: str
    engine_image: str
    description: str
    created: datetime
    root_device_name: str = "/dev/xvda"
    product_codes: tuple[str, ...] = ()
    image_id: str = ""
    """Its id in every region, where texts name one; else each region has its own."""
    parameters: tuple[str, ...] = ()
    """The public parameters of Systems Manager that lead to it."""


_STANDS_IN = "Debian 12 in the place of {}: no image of that distribution is here"

PUBLIC_IMAGES = (
    PublicImage(
        "debian-12-amd64-20240717-1811", DEBIAN, "debian-12", "Debian 12 (20240717-1811)",
        datetime(2024, 7, 17, 18, 13, tzinfo=UTC),
        parameters=("/aws/service/debian/release/12/latest/amd64", "/aws/service/debian/release/bookworm/latest/amd64"),
    ),
    PublicImage(
        "al2023-ami-2023.5.20240722.0-kernel-6.1-x86_64", AMAZON, "debian-12", _STANDS_IN.format("Amazon Linux 2023"),
        datetime(2024, 7, 22, 21, 42, tzinfo=UTC),
        parameters=(
            "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
            "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64",
            "/aws/service/ami-amazon-linux-latest/al2023-ami-minimal-kernel-default-x86_64",
        ),
    ),
    PublicImage(
        "amzn2-ami-hvm-2.0.20240719.0-x86_64-gp2", AMAZON, "debian-12", _STANDS_IN.format("Amazon Linux 2"),
        datetime(2024, 7, 19, 21, 2, tzinfo=UTC),
        parameters=(
            "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2",
            "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-ebs",
        ),
    ),
    PublicImage(
        "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240720", CANONICAL, "debian-12",
        _STANDS_IN.format("Ubuntu 22.04"), datetime(2024, 7, 20, 4, 11, tzinfo=UTC), "/dev/sda1",
        parameters=(
            "/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id",
            "/aws/service/canonical/ubuntu/server/jammy/stable/current/amd64/hvm/ebs-gp2/ami-id",
        ),
    ),
    PublicImage(
        "CentOS Linux 7 x86_64 HVM EBS 1602-b7ee8a69-ee97-4a49-9e68-afaee216db2e-ami-d7e1d2bd.3", CENTOS, "debian-12",
        _STANDS_IN.format("CentOS 7"), datetime(2016, 2, 26, 21, 18, tzinfo=UTC), "/dev/sda1",
        ("aw0evgkw8e5c1q413zgy5pjce",), "ami-d2c924b2",
    ),
)  # fmt: skip


def image_id(public: PublicImage, region: str) -> str:
    """The AMI id of a public image in a Region."""
    return public.image_id or "ami-" + sha256(f"{public.name}/{region}".encode()).hexdigest()[:17]
