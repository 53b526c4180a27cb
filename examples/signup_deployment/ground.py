"""What the application stands on: the default VPC, two security groups, a key pair, a bucket, a role."""

import io
import json
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from signup_deployment.plan import Plan, unless_gone, until

APPLICATION = Path(__file__).parents[1] / "signup"
RELEASE = "release/signup.tar.gz"


def make_network(plan: Plan) -> str:
    ec2 = plan.client("ec2")
    found = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    vpc = (found or [ec2.create_default_vpc()["Vpc"]])[0]["VpcId"]
    plan.found["vpc"] = vpc
    return f"the default VPC {vpc}"


def keep(plan: Plan) -> None:
    """The default VPC stays: it was there before."""


def make_groups(plan: Plan) -> str:
    web = _group(plan, "web", "The signup form")
    database = _group(plan, "database", "Its database")
    _allow(plan, web, IpProtocol="tcp", FromPort=80, ToPort=80, IpRanges=[{"CidrIp": "0.0.0.0/0"}])
    _allow(plan, web, IpProtocol="tcp", FromPort=22, ToPort=22, IpRanges=[{"CidrIp": plan.ssh_from}])
    _allow(plan, database, IpProtocol="tcp", FromPort=3306, ToPort=3306, UserIdGroupPairs=[{"GroupId": web}])
    return f"{web} takes HTTP and ssh, {database} takes MySQL from {web} only"


def _groups(plan: Plan, part: str) -> list[dict[str, Any]]:
    wanted = [{"Name": "group-name", "Values": [f"{plan.name}-{part}"]}]
    found: list[dict[str, Any]] = plan.client("ec2").describe_security_groups(Filters=wanted)["SecurityGroups"]
    return found


def _group(plan: Plan, part: str, description: str) -> str:
    found = _groups(plan, part)
    if not found:
        found = [plan.client("ec2").create_security_group(
            GroupName=f"{plan.name}-{part}", Description=description, VpcId=plan.found["vpc"],
            TagSpecifications=plan.tagged("security-group", part),
        )]  # fmt: skip
    plan.found[f"{part} group"] = found[0]["GroupId"]
    return plan.found[f"{part} group"]


def _allow(plan: Plan, group: str, **permission: Any) -> None:
    try:
        plan.client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidPermission.Duplicate":
            raise


def delete_groups(plan: Plan) -> None:
    ec2 = plan.client("ec2")
    for part in ("database", "web"):
        for group in _groups(plan, part):
            ec2.delete_security_group(GroupId=group["GroupId"])


def make_key_pair(plan: Plan) -> str:
    ec2 = plan.client("ec2")
    there = ec2.describe_key_pairs(Filters=[{"Name": "key-name", "Values": [plan.name]}])["KeyPairs"]
    if there and plan.key_file.exists():
        return f"{plan.name}, in {plan.key_file}"
    if there:  # its private half is lost: machines that are there keep the old one
        ec2.delete_key_pair(KeyName=plan.name)
    made = ec2.create_key_pair(KeyName=plan.name, KeyType="ed25519", TagSpecifications=plan.tagged("key-pair", "key"))
    plan.key_file.parent.mkdir(parents=True, exist_ok=True)
    plan.key_file.touch(0o600)
    plan.key_file.chmod(0o600)
    plan.key_file.write_text(made["KeyMaterial"].rstrip("\n") + "\n")
    return f"{plan.name}, in {plan.key_file}"


def delete_key_pair(plan: Plan) -> None:
    plan.client("ec2").delete_key_pair(KeyName=plan.name)
    plan.key_file.unlink(missing_ok=True)


def make_bucket(plan: Plan) -> str:
    """The bucket of attachments, which also carries the application to its machine."""
    s3 = plan.client("s3")
    make_bucket_named(plan, plan.bucket)
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        archive.add(APPLICATION, "signup", filter=lambda each: None if "__pycache__" in each.name else each)
    s3.put_object(Bucket=plan.bucket, Key=RELEASE, Body=held.getvalue())
    return f"{plan.bucket}, which nobody reaches without a signature"


def make_bucket_named(plan: Plan, name: str) -> None:
    s3 = plan.client("s3")
    where = {"CreateBucketConfiguration": {"LocationConstraint": plan.region}} if plan.region != "us-east-1" else {}
    try:
        s3.create_bucket(Bucket=name, **where)
    except s3.exceptions.BucketAlreadyOwnedByYou:
        return


def delete_bucket(plan: Plan) -> None:
    empty_and_delete(plan, plan.bucket)


def empty_and_delete(plan: Plan, name: str) -> None:
    s3 = plan.client("s3")
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            for each in page.get("Versions", []) + page.get("DeleteMarkers", []):
                s3.delete_object(Bucket=name, Key=each["Key"], VersionId=each["VersionId"])
    except s3.exceptions.NoSuchBucket:
        return
    s3.delete_bucket(Bucket=name)


def make_role(plan: Plan) -> str:
    """A role for the machines: the objects of its bucket, the secret of its database, and nothing else."""
    iam = plan.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allow = [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{plan.bucket}/*"},
        {
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": f"arn:aws:secretsmanager:{plan.region}:{plan.account}:secret:{plan.name}/database-*",
        },
    ]
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=plan.name, AssumeRolePolicyDocument=_policy([trust]), Tags=plan.tags)
    iam.put_role_policy(RoleName=plan.name, PolicyName="own-bucket", PolicyDocument=_policy(allow))
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_instance_profile(InstanceProfileName=plan.name, Tags=plan.tags)
    if not iam.get_instance_profile(InstanceProfileName=plan.name)["InstanceProfile"]["Roles"]:
        iam.add_role_to_instance_profile(InstanceProfileName=plan.name, RoleName=plan.name)
    return f"{plan.name}, for {plan.bucket} and the database's password"


def _policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def delete_role(plan: Plan) -> None:
    iam = plan.client("iam")
    unless_gone(iam.remove_role_from_instance_profile, InstanceProfileName=plan.name, RoleName=plan.name)
    unless_gone(iam.delete_instance_profile, InstanceProfileName=plan.name)
    unless_gone(iam.delete_role_policy, RoleName=plan.name, PolicyName="own-bucket")
    unless_gone(iam.delete_role, RoleName=plan.name)


# -- machines


def instances(plan: Plan, part: str) -> list[dict[str, Any]]:
    """The machines of a part that are not terminated."""
    wanted = [
        {"Name": "tag:Name", "Values": [f"{plan.name}-{part}"]},
        {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped", "shutting-down"]},
    ]
    found = plan.client("ec2").describe_instances(Filters=wanted)["Reservations"]
    return [each for one in found for each in one["Instances"]]


def make_machine(plan: Plan, part: str, group: str, user_data: str) -> dict[str, Any]:
    """The machine of a part, which runs: a new one, or the one that is there."""
    ec2 = plan.client("ec2")
    there = [each for each in instances(plan, part) if each["State"]["Name"] != "shutting-down"]
    if not there:
        there = until(lambda: _launch(plan, part, group, user_data), "the role", 30, 2)
    if there[0]["State"]["Name"] in ("stopping", "stopped"):
        ec2.get_waiter("instance_stopped").wait(InstanceIds=[there[0]["InstanceId"]], WaiterConfig={"Delay": 2})
        ec2.start_instances(InstanceIds=[there[0]["InstanceId"]])
    return until(
        lambda: next((each for each in instances(plan, part) if each["State"]["Name"] == "running"), None),
        f"the machine {plan.name}-{part}",
        300,
    )  # type: ignore[no-any-return]  # what `until` waits for has any shape


def _launch(plan: Plan, part: str, group: str, user_data: str) -> list[dict[str, Any]]:
    """Nothing as long as EC2 has not heard of the role: IAM tells it within seconds."""
    ec2 = plan.client("ec2")
    images = ec2.describe_images(Owners=["136693071363"], Filters=[{"Name": "name", "Values": ["debian-12-amd64-2*"]}])[
        "Images"
    ]
    newest = max(images, key=lambda image: image["CreationDate"])
    try:
        found: list[dict[str, Any]] = ec2.run_instances(
            ImageId=newest["ImageId"], InstanceType="t3.micro", MinCount=1, MaxCount=1, KeyName=plan.name,
            SecurityGroupIds=[group], UserData=user_data, IamInstanceProfile={"Name": plan.name},
            MetadataOptions={"HttpTokens": "required"}, TagSpecifications=plan.tagged("instance", part),
        )["Instances"]  # fmt: skip
    except ClientError as error:
        if "Invalid IAM Instance Profile" not in str(error):
            raise
        return []
    return found


def delete_machine(plan: Plan, part: str) -> None:
    ec2 = plan.client("ec2")
    ids = [each["InstanceId"] for each in instances(plan, part)]
    if ids:
        ec2.terminate_instances(InstanceIds=ids)
        ec2.get_waiter("instance_terminated").wait(InstanceIds=ids, WaiterConfig={"Delay": 2, "MaxAttempts": 150})
