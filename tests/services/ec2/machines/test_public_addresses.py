"""Public addresses that come by themselves, over stops and starts. What a controller does when a machine has stopped is
done here by hand."""

import pytest

from groundcloud.services.ec2.machines.ending import stop
from groundcloud.services.ec2.machines.records import Instance

pytestmark = pytest.mark.usefixtures("machines")


class Machine:
    def __init__(self, cloud, ec2):
        self.cloud = cloud
        self.ec2 = ec2
        image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["debian-12-*"]}])["Images"][0]["ImageId"]
        made = ec2.run_instances(ImageId=image, InstanceType="t2.micro", MinCount=1, MaxCount=1)["Instances"][0]
        self.id = made["InstanceId"]
        self.interface = made["NetworkInterfaces"][0]["NetworkInterfaceId"]

    def stops(self):
        def work(tx):
            found = tx.get(Instance, self.cloud.account, "us-east-1", self.id)
            stop(self.cloud.cloud.within_ec2(tx, self.cloud.account, "us-east-1"), found)

        self.cloud.store.write(work)

    def starts(self):
        self.ec2.start_instances(InstanceIds=[self.id])

    @property
    def address(self):
        found = self.ec2.describe_instances(InstanceIds=[self.id])["Reservations"][0]["Instances"][0]
        return found.get("PublicIpAddress")


@pytest.fixture()
def machine(cloud, ec2):
    return Machine(cloud, ec2)


def test_the_address_is_given_back_at_a_stop_and_another_comes_at_the_start(machine):
    assert machine.address
    machine.stops()
    assert machine.address is None
    machine.starts()
    assert machine.address


def test_an_interface_that_is_told_to_have_no_address_gets_none_at_the_next_start(machine, ec2):
    ec2.modify_network_interface_attribute(NetworkInterfaceId=machine.interface, AssociatePublicIpAddress=False)
    assert machine.address is None
    machine.stops()
    machine.starts()
    assert machine.address is None


def test_an_elastic_address_that_leaves_a_stopped_instance_is_followed_at_its_start(machine, ec2):
    elastic = ec2.allocate_address()
    association = ec2.associate_address(InstanceId=machine.id, AllocationId=elastic["AllocationId"])["AssociationId"]
    machine.stops()
    assert machine.address == elastic["PublicIp"]
    ec2.disassociate_address(AssociationId=association)
    assert machine.address is None
    machine.starts()
    assert machine.address not in (None, elastic["PublicIp"])
