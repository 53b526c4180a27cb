"""What EC2 remembers of spot requests. What became of one, its instance says."""

from datetime import datetime

from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import Tagged, register


class SpotRequest(Tagged):
    """A one-time request for a spot instance, which was fulfilled when it was made."""

    table = "ec2.spot_request"
    key = ("owner_id", "region", "spot_instance_request_id")
    absent = errors.NoSuchSpotRequest
    prefix, resource_type = "sir", "spot-instances-request"

    owner_id: str
    region: str
    spot_instance_request_id: str
    instance_id: str
    create_time: datetime
    spot_price: str | None = None
    """The most that somebody would pay, as it was said. Nobody pays anything."""
    cancelled: datetime | None = None
    image_id: str = ""
    instance_type: str = ""
    availability_zone: str = ""


register(SpotRequest)
