"""`groundcloud ssh i-...`: log in to an instance by its id, trusting the host keys that it printed to its console."""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

from groundcloud.cli import process
from groundcloud.cli.output import Failure
from groundcloud.folder import DataFolder
from groundcloud.settings import Loaded

_BEGIN, _END = "-----BEGIN SSH HOST KEY KEYS-----", "-----END SSH HOST KEY KEYS-----"


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "ssh",
        parents=[common],
        help="log in to an instance",
        description="It looks up the public address and the host keys, and runs ssh.",
    )
    parser.add_argument("instance", help="the instance's id, or its Name tag")
    parser.add_argument("-i", "--identity", metavar="FILE", help="the private key of its key pair")
    parser.add_argument("-l", "--login", metavar="USER", default="admin", help="as whom (admin)")
    parser.add_argument("--region", help="the instance's Region")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="run this instead of a shell")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, loaded: Loaded) -> int:
    folder = DataFolder(loaded.settings.data)
    running = process.need_running(folder)
    ec2 = _client(folder, running.endpoint, options.region or running.region)
    instance = _find(ec2, options.instance)
    address = instance.get("PublicIpAddress")
    if address is None:
        raise Failure(
            f"{instance['InstanceId']} is {instance['State']['Name']} and has no public address.",
            "Log in to another instance of its VPC, and go on from there.",
        )
    words = ["ssh", "-l", options.login]
    if options.identity:
        words += ["-i", options.identity, "-o", "IdentitiesOnly=yes"]
    keys = host_keys(ec2.get_console_output(InstanceId=instance["InstanceId"]).get("Output", ""))
    if keys:
        words += ["-o", f"UserKnownHostsFile={_known_hosts(address, keys)}", "-o", "StrictHostKeyChecking=yes"]
    command = [each for each in options.command if each != "--"]
    os.execvp(words[0], [*words, address, *command])  # noqa: S606 - ssh itself, no shell


def host_keys(console: str) -> list[str]:
    """The host keys that a machine printed at its last boot, as `known_hosts` has them after the name."""
    _, begun, rest = console.replace("\r", "").rpartition(_BEGIN)
    lines = rest.partition(_END)[0].split("\n") if begun else []
    return [" ".join(line.split()[:2]) for line in lines if line.startswith(("ssh-", "ecdsa-"))]


def _known_hosts(address: str, keys: list[str]) -> Path:
    descriptor, path = tempfile.mkstemp(prefix="groundcloud-known-hosts-")
    with open(descriptor, "w") as file:
        file.write("".join(f"{address} {key}\n" for key in keys))
    return Path(path)


def _client(folder: DataFolder, endpoint: str, region: str) -> Any:
    import botocore.session

    admin = folder.admin()
    if admin is None:
        raise Failure(f"{folder.data} has no admin.json.", "{cli} down, then {cli} up makes it again.")
    return botocore.session.get_session().create_client(
        "ec2", region, endpoint_url=endpoint, aws_access_key_id=admin.access_key_id,
        aws_secret_access_key=admin.secret_access_key,
    )  # fmt: skip


def _find(ec2: Any, wanted: str) -> dict[str, Any]:
    name = "instance-id" if wanted.startswith("i-") else "tag:Name"
    filters = [{"Name": name, "Values": [wanted]}]
    found = [each for one in ec2.describe_instances(Filters=filters)["Reservations"] for each in one["Instances"]]
    alive: list[dict[str, Any]] = [each for each in found if each["State"]["Name"] != "terminated"]
    if len(alive) != 1:
        many = ", ".join(each["InstanceId"] for each in alive)
        raise Failure(f"{len(alive)} instances are called {wanted}{f': {many}' if many else ''}.")
    return alive[0]
