"""What a cloud without a machine engine says."""

from tests.services.ec2.conftest import refused


def test_a_launch_is_refused_where_no_machine_can_run(ec2):
    image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["debian-12-*"]}])["Images"][0]["ImageId"]
    with refused("UnsupportedOperation", "groundcloud doctor"):
        ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)
    assert ec2.describe_instances()["Reservations"] == []
