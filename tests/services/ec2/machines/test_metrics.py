"""What instances tell CloudWatch, out of counters of engines that a test turns."""

import asyncio
from datetime import timedelta

import pytest

from groundcloud.engines.machines.wanted import DiskUse, MachineFailed, Usage
from groundcloud.engines.network.wanted import Traffic, Unreachable
from groundcloud.services.ec2.machines.instance_metrics import InstanceMetrics
from groundcloud.services.ec2.machines.metadata import Accesses
from groundcloud.services.ec2.machines.records import RUNNING, Instance
from groundcloud.services.ec2.machines.used import Look, together, used


class Engines:
    """Counters that a test sets."""

    def __init__(self):
        self.machines = {}
        self.interfaces = {}
        self.away = self.cut = False

    def usage(self):
        if self.away:
            raise MachineFailed("away")
        return self.machines

    def traffic(self, network_id):
        if self.cut:
            raise Unreachable("cut")
        return self.interfaces


class Meter:
    """A cloud with one running instance, whose minutes a test lets go by."""

    def __init__(self, cloud, ec2):
        self.cloud = cloud
        self.ec2 = ec2
        self.engines = Engines()
        self.accesses = Accesses()
        clock = cloud.clock
        clock.time = clock.time.replace(second=0) - timedelta(minutes=clock.time.minute % 5)
        plane = cloud.cloud.world.plane("cloudwatch")
        self.metrics = InstanceMetrics(cloud.store, plane, self.engines, self.engines, self.accesses, clock)
        self.started = clock().timestamp()

    def launch(self, **more):
        image = self.ec2.describe_images(Filters=[{"Name": "name", "Values": ["debian-12-*"]}])["Images"][0]["ImageId"]
        asked = {"ImageId": image, "InstanceType": "t2.micro", "MinCount": 1, "MaxCount": 1, **more}
        made = self.ec2.run_instances(**asked)["Instances"][0]
        key = (self.cloud.account, "us-east-1", made["InstanceId"])

        def run(tx):
            instance = tx.get(Instance, *key)
            instance.state = RUNNING
            tx.put(instance)

        self.cloud.store.write(run)
        self.uses(made["InstanceId"], 0.0)
        return made

    def uses(self, instance_id, seconds, started=None, **disks):
        """Until now, since its start."""
        self.engines.machines[instance_id] = Usage(self.started if started is None else started, seconds, disks)

    def minutes(self, count=1):
        for _ in range(count):
            self.cloud.clock.advance(minutes=1)
            asyncio.run(self.metrics.write())

    def told(self, name, statistic="Sum", namespace="AWS/EC2", period=60, **dimensions):
        """Minute and value, in order."""
        end = self.cloud.clock()
        points = self.cloud.client("cloudwatch").get_metric_statistics(
            Namespace=namespace, MetricName=name, Period=period, Statistics=[statistic],
            StartTime=end - timedelta(hours=1), EndTime=end + timedelta(minutes=1),
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        )["Datapoints"]  # fmt: skip
        begun = self.started
        return sorted(((each["Timestamp"].timestamp() - begun) / 60, each[statistic]) for each in points)


@pytest.fixture()
def meter(cloud, ec2, machines):
    return Meter(cloud, ec2)


def test_an_instance_tells_every_five_minutes_what_it_used_in_them(meter):
    made = meter.launch()
    name, interface = made["InstanceId"], made["NetworkInterfaces"][0]["NetworkInterfaceId"]
    meter.minutes(2)
    meter.uses(name, 60.0)
    meter.engines.interfaces[interface] = Traffic(1000, 10, 500, 5)
    meter.minutes(2)
    assert meter.told("CPUUtilization", InstanceId=name) == []
    meter.minutes()
    assert meter.told("CPUUtilization", "Average", InstanceId=name) == [(0, pytest.approx(20.0))]
    assert meter.told("NetworkIn", InstanceId=name) == [(0, 1000)]
    assert meter.told("NetworkOut", InstanceId=name) == [(0, 500)]
    assert meter.told("NetworkPacketsIn", InstanceId=name) == [(0, 10)]
    assert meter.told("NetworkPacketsOut", InstanceId=name) == [(0, 5)]
    meter.uses(name, 360.0)
    meter.minutes(5)
    assert meter.told("CPUUtilization", "Average", InstanceId=name)[1] == (5, pytest.approx(100.0))
    assert meter.told("NetworkIn", InstanceId=name)[1] == (5, 0)


def test_detailed_monitoring_tells_every_minute_also_by_image_type_and_for_all(meter):
    made, other = meter.launch(Monitoring={"Enabled": True}), meter.launch(Monitoring={"Enabled": True})
    basic = meter.launch()["InstanceId"]
    meter.uses(made["InstanceId"], 30.0)
    meter.uses(other["InstanceId"], 6.0)
    meter.uses(basic, 60.0)
    meter.minutes()
    assert meter.told("CPUUtilization", "Average", InstanceId=made["InstanceId"]) == [(0, pytest.approx(50.0))]
    for dimensions in ({"ImageId": made["ImageId"]}, {"InstanceType": "t2.micro"}, {}):
        assert meter.told("CPUUtilization", "SampleCount", **dimensions) == [(0, 2)]
        assert meter.told("CPUUtilization", "Average", **dimensions) == [(0, pytest.approx(30.0))]
    meter.ec2.unmonitor_instances(InstanceIds=[made["InstanceId"]])
    meter.minutes(3)
    assert [minute for minute, _ in meter.told("CPUUtilization", InstanceId=made["InstanceId"])] == [0]
    assert [minute for minute, _ in meter.told("CPUUtilization", InstanceId=other["InstanceId"])] == [0, 1, 2, 3]


def test_a_machine_that_restarts_counts_from_nothing(meter):
    name = meter.launch(Monitoring={"Enabled": True})["InstanceId"]
    meter.uses(name, 60.0)
    meter.minutes()
    again = meter.cloud.clock().timestamp() + 30
    meter.uses(name, 15.0, started=again)
    meter.minutes()
    assert meter.told("CPUUtilization", "Average", InstanceId=name)[1] == (1, pytest.approx(50.0))


def test_of_a_machine_that_was_running_before_nothing_is_made_up(meter):
    name = meter.launch(Monitoring={"Enabled": True})["InstanceId"]
    meter.uses(name, 5000.0, started=meter.started - 7200)
    meter.minutes()
    assert meter.told("CPUUtilization", InstanceId=name) == []
    meter.uses(name, 5030.0, started=meter.started - 7200)
    meter.minutes()
    assert meter.told("CPUUtilization", "Average", InstanceId=name) == [(1, pytest.approx(50.0))]


def test_status_checks_are_told_every_minute_and_fail_while_the_host_says_nothing(meter):
    name = meter.launch()["InstanceId"]
    meter.minutes()
    meter.engines.away = True
    meter.minutes()
    meter.engines.away = False
    meter.minutes()
    assert meter.told("StatusCheckFailed", InstanceId=name) == [(0, 0), (1, 1), (2, 0)]
    assert meter.told("StatusCheckFailed_System", InstanceId=name) == [(0, 0), (1, 1), (2, 0)]
    assert meter.told("StatusCheckFailed_Instance", InstanceId=name) == [(0, 0), (1, 0), (2, 0)]
    assert meter.told("StatusCheckFailed_AttachedEBS", InstanceId=name) == []  # T2 is no Nitro system


def test_a_period_is_told_late_where_the_host_said_nothing_at_its_end(meter):
    name = meter.launch()["InstanceId"]
    meter.minutes(4)
    meter.engines.away = True
    meter.minutes()
    meter.engines.away = False
    meter.uses(name, 180.0)
    meter.minutes()
    assert meter.told("CPUUtilization", "Average", InstanceId=name) == [(0, pytest.approx(50.0))]


def test_requests_for_metadata_without_a_token_are_counted(meter):
    name = meter.launch(Monitoring={"Enabled": True})["InstanceId"]
    for refused in (False, False, True):
        meter.accesses.note(name, refused=refused)
    meter.minutes(2)
    assert meter.told("MetadataNoToken", InstanceId=name) == [(0, 2), (1, 0)]
    assert meter.told("MetadataNoTokenRejected", InstanceId=name) == [(0, 1), (1, 0)]


def test_volumes_tell_what_they_did_in_a_minute_and_nitro_instances_the_sum(meter):
    name = meter.launch(InstanceType="t3.micro", Monitoring={"Enabled": True})["InstanceId"]
    root = DiskUse("loop1", reads=100, bytes_read=10**6, busy_seconds=1)
    meter.uses(name, 0.0, **{"vol-1": root})
    meter.minutes()
    assert meter.told("VolumeReadBytes", namespace="AWS/EBS", VolumeId="vol-1") == []
    more = DiskUse("loop1", 110, 10**6 + 4096, 0.5, 3, 8192, 0.25, 0, 7.0, 12.0)
    meter.uses(name, 0.0, **{"vol-1": more})
    meter.minutes()
    expected = {
        "VolumeReadBytes": 4096, "VolumeReadOps": 10, "VolumeWriteBytes": 8192, "VolumeWriteOps": 3,
        "VolumeTotalReadTime": 0.5, "VolumeTotalWriteTime": 0.25, "VolumeIdleTime": 54, "VolumeQueueLength": 0.2,
    }  # fmt: skip
    for metric, value in expected.items():
        assert meter.told(metric, namespace="AWS/EBS", VolumeId="vol-1") == [(1, pytest.approx(value))], metric
    assert meter.told("EBSReadBytes", InstanceId=name) == [(0, 0), (1, 4096)]
    assert meter.told("EBSWriteOps", InstanceId=name) == [(0, 0), (1, 3)]


def test_a_disk_that_does_nothing_of_what_it_has_to_do_fails_its_check(meter):
    name = meter.launch(InstanceType="t3.micro")["InstanceId"]
    meter.uses(name, 0.0, **{"vol-1": DiskUse("loop1", reads=5, in_flight=2)})
    meter.minutes(2)
    assert meter.told("StatusCheckFailed_AttachedEBS", InstanceId=name) == [(0, 0), (1, 1)]


def test_traffic_that_cannot_be_read_is_told_a_minute_later(meter):
    made = meter.launch(Monitoring={"Enabled": True})
    name, interface = made["InstanceId"], made["NetworkInterfaces"][0]["NetworkInterfaceId"]
    meter.engines.interfaces[interface] = Traffic(1000, 10, 500, 5)
    meter.minutes()
    meter.engines.cut = True
    meter.minutes()
    meter.engines.cut = False
    meter.engines.interfaces[interface] = Traffic(1500, 15, 600, 6)
    meter.minutes()
    assert meter.told("NetworkIn", InstanceId=name) == [(0, 1000), (1, 0), (2, 500)]


def look(at, seconds=0.0, started=0.0, traffic=None, **disks):
    return Look(at, Usage(started, seconds, disks), {"eni-1": traffic} if traffic else {})


def test_an_interface_that_came_back_counts_anew():
    found = used(look(60, traffic=Traffic(900, 9, 90, 1)), look(120, traffic=Traffic(50, 2, 100, 3)), 60)
    assert found.traffic == Traffic(50, 2, 100, 3)


def test_another_device_of_a_volume_says_nothing_before_the_second_look():
    before, now = look(60, **{"vol-1": DiskUse("loop1", reads=9)}), look(120, **{"vol-1": DiskUse("loop2", reads=50)})
    assert used(before, now, 60).disks == {}


def test_two_stretches_add_up():
    first, second = used(look(0), look(60, 10.0), 0), used(look(60, 10.0), look(120, 40.0), 60)
    both = together(first, second)
    assert (both.seconds, both.processor_seconds) == (120, 40.0)
    assert together(None, first) == first
    assert together(first, None) == first
    assert together(None, None) is None
