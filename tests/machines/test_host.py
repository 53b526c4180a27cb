"""What the host gets: a shell in which AWS's names are this cloud, and a way to log in by an instance's id."""

import json
import socket
from pathlib import Path

import pytest

pytestmark = pytest.mark.machines


def test_in_the_shell_the_aws_cli_needs_no_endpoint(ground):
    words = ("shell", "--data", ground.data, "--", "/usr/bin/aws", "--output", "json")
    said = json.loads(ground.run(*words, "--region", "ap-northeast-2", "sts", "get-caller-identity").out)
    assert said["Account"] == ground.cloud.account
    ground.run(*words, "--region", "eu-west-1", "s3", "mb", "s3://made-in-the-shell")
    assert "made-in-the-shell" in [each["Name"] for each in ground.client("s3").list_buckets()["Buckets"]]


def test_outside_the_shell_nothing_is_changed(ground):
    before = Path("/etc/resolv.conf").read_text()
    inside = ground.run("shell", "--data", ground.data, "--", "cat", "/etc/resolv.conf").out
    assert inside.startswith("nameserver 127.53.")
    assert Path("/etc/resolv.conf").read_text() == before


def test_an_instance_is_logged_in_to_by_its_name(ground):
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "Web"}]}]
    instance = ground.answers(ground.launch(TagSpecifications=tags))
    said = ground.run("ssh", "--data", ground.data, "-i", ground.key, "Web", "uname", "-n").out
    assert said.strip() == ground.seen(instance)["PrivateDnsName"].partition(".")[0]
    refused = ground.run("ssh", "--data", ground.data, "i-0123456789abcdef0", code=1)
    assert "0 instances" in refused.err


def test_the_dns_server_of_the_host_knows_public_names(ground):
    instance = ground.launch()
    ground.reaches(instance, "running")
    seen = ground.seen(instance)
    host, _, port = ground.cloud.printed["dns"].rpartition(":")
    name = b"".join(bytes([len(label)]) + label for label in seen["PublicDnsName"].encode().split(b".")) + b"\0"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(5)
        asking.sendto(b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0" + name + b"\0\x01\0\x01", (host, int(port)))
        answer = asking.recv(512)
    assert socket.inet_aton(seen["PublicIpAddress"]) in answer
