"""Service-linked roles: made for one service, with the trust policy and the name that the service wants."""

import json

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.iam import provider_errors as errors
from groundcloud.services.iam import roles
from groundcloud.services.iam.common import new_unique_id, role, taken
from groundcloud.services.iam.entities import SERVICE_ROLE_PATH, attach, is_service_linked, release
from groundcloud.services.iam.managed import managed_policies
from groundcloud.services.iam.provider_records import RoleDeletion
from groundcloud.services.iam.records import Role

_PREFIX = "AWSServiceRoleFor"
_UUID = (8, 4, 4, 4, 12)
SERVICES: dict[str, tuple[str, str, bool]] = {
    "autoscaling.amazonaws.com": ("AutoScaling", "AutoScalingServiceRolePolicy", True),
    "cloudwatch-crossaccount.amazonaws.com": ("CloudWatchCrossAccount", "CloudWatch-CrossAccountAccess", False),
    "delivery.logs.amazonaws.com": ("LogDelivery", "AWSServiceRoleForLogDeliveryPolicy", False),
    "ecs.amazonaws.com": ("ECS", "AmazonECSServiceRolePolicy", False),
    "eks.amazonaws.com": ("AmazonEKS", "AmazonEKSServiceRolePolicy", False),
    "eks-fargate.amazonaws.com": ("AmazonEKSForFargate", "AmazonEKSForFargateServiceRolePolicy", False),
    "eks-nodegroup.amazonaws.com": ("AmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup", False),
    "elasticbeanstalk.amazonaws.com": ("ElasticBeanstalk", "AWSElasticBeanstalkServiceRolePolicy", False),
    "elasticache.amazonaws.com": ("ElastiCache", "ElastiCacheServiceRolePolicy", False),
    "elasticfilesystem.amazonaws.com": ("AmazonElasticFileSystem", "AmazonElasticFileSystemServiceRolePolicy", False),
    "elasticloadbalancing.amazonaws.com": (
        "ElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy", False,
    ),
    "maintenance.elasticbeanstalk.amazonaws.com": (
        "ElasticBeanstalkMaintenance", "AWSElasticBeanstalkMaintenance", False,
    ),
    "managedupdates.elasticbeanstalk.amazonaws.com": (
        "ElasticBeanstalkManagedUpdates", "AWSElasticBeanstalkManagedUpdatesServiceRolePolicy", False,
    ),
    "organizations.amazonaws.com": ("Organizations", "AWSOrganizationsServiceTrustPolicy", False),
    "ops.apigateway.amazonaws.com": ("APIGateway", "APIGatewayServiceRolePolicy", False),
    "rds.amazonaws.com": ("RDS", "AmazonRDSServiceRolePolicy", False),
    "replication.dynamodb.amazonaws.com": ("DynamoDBReplication", "DynamoDBReplicationServiceRolePolicy", False),
    "spot.amazonaws.com": ("EC2Spot", "AWSEC2SpotServiceRolePolicy", False),
    "ssm.amazonaws.com": ("AmazonSSM", "AmazonSSMServiceRolePolicy", False),
}  # fmt: skip
"""By service: what the role's name ends with, its policy, and whether it may have a suffix (the services' guides,
"Using service-linked roles"). A policy that is not among those at hand (`managed_policies.json`) is not attached."""


def _to_make(ctx: Context, aws_service_name: str, custom_suffix: str) -> Resource:
    return Resource(ctx.arn(f"role{SERVICE_ROLE_PATH}{aws_service_name}/{_name(aws_service_name, custom_suffix)}"))


def _name(service: str, suffix: str) -> str:
    ending = SERVICES[service][0] if service in SERVICES else "*"
    return f"{_PREFIX}{ending}" + (f"_{suffix}" if suffix else "")


@operation(on=_to_make, conditions={"iam:AWSServiceName": "aws_service_name"})
def create_service_linked_role(
    ctx: Context, aws_service_name: str, description: str | None = None, custom_suffix: str = ""
) -> object:
    if aws_service_name not in SERVICES:
        raise errors.InvalidInput(reason=f"{aws_service_name} does not support service-linked roles.")
    _, policy_name, may_have_suffix = SERVICES[aws_service_name]
    if custom_suffix and not may_have_suffix:
        raise errors.InvalidInput(reason=f"Custom suffix is not allowed for {aws_service_name}")
    name = _name(aws_service_name, custom_suffix)
    if taken(ctx, Role, name):
        raise errors.InvalidInput(
            reason=f"Service role name {name} has been taken in this account, please try a different suffix."
        )
    path = f"{SERVICE_ROLE_PATH}{aws_service_name}/"
    made = Role(
        account=ctx.account,
        role_name=name,
        role_id=new_unique_id(ctx, "AROA"),
        arn=ctx.arn(f"role{path}{name}"),
        create_date=ctx.now(),
        assume_role_policy_document=_trust(aws_service_name),
        path=path,
        description=description,
    )
    ctx.put(made)
    for folder in (SERVICE_ROLE_PATH, "/"):
        arn = f"arn:aws:iam::aws:policy{folder}{policy_name}"
        if arn in managed_policies():
            attach(ctx, made, arn)
    return {"role": {**roles.shown_inside(made), "description": description}}


def _trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": [service]}, "Action": ["sts:AssumeRole"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@operation(on=role)
def delete_service_linked_role(ctx: Context, role_name: str) -> object:
    """The role goes at once: its service would be asked here whether it still needs it, and none here does."""
    found = ctx.find(Role, role_name)
    if not is_service_linked(found):
        raise errors.InvalidInput(reason=f"The role with name {role_name} is not a service-linked role.")
    digits = ctx.random(16).hex()
    parts = []
    for length in _UUID:
        parts.append(digits[:length])
        digits = digits[length:]
    task = f"task{found.path}{role_name}/{'-'.join(parts)}"
    release(ctx, found)
    ctx.put(RoleDeletion(account=ctx.account, deletion_task_id=task, role_name=role_name, status="SUCCEEDED"))
    return {"deletion_task_id": task}


def _of_task(ctx: Context, deletion_task_id: str) -> Resource:
    path = deletion_task_id.removeprefix("task").rpartition("/")[0]
    return Resource(ctx.arn(f"role{path}"))


@operation(on=_of_task, read=True)
def get_service_linked_role_deletion_status(ctx: Context, deletion_task_id: str) -> object:
    found = ctx.get(RoleDeletion, deletion_task_id)
    if found is None:
        raise errors.NoSuchTask(deletion_task_id=deletion_task_id)
    return {"status": found.status, "reason": {"reason": found.reason} if found.reason else None}
