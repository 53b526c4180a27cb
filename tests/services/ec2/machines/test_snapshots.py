"""Snapshots of volumes, as calls show them."""

import pytest

from groundcloud.services.ec2.storage.records import Volume


@pytest.fixture()
def volume(cloud, ec2, machines):
    """The id of a volume that is there."""
    made = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]

    def there(tx):
        found = tx.get(Volume, cloud.account, "us-east-1", made)
        found.state = "available"
        tx.put(found)

    cloud.store.write(there)
    return made


def test_a_new_snapshot_shows_its_tags_also_when_it_has_none(ec2, volume):
    """Source: the example of `aws ec2 create-snapshot` in the AWS CLI's reference. Ansible reads it."""
    assert ec2.create_snapshot(VolumeId=volume)["Tags"] == []
