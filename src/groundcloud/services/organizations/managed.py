"""The policies that are AWS's own and the same in every organization, and the types of policies there are."""

from typing import NamedTuple

SERVICE_CONTROL_POLICY = "SERVICE_CONTROL_POLICY"
RESOURCE_CONTROL_POLICY = "RESOURCE_CONTROL_POLICY"


class ManagedControlPolicy(NamedTuple):
    """A policy of AWS's. It can be read and attached like any other and never changed."""

    policy_id: str
    type: str
    name: str
    description: str
    content: str


FULL_AWS_ACCESS = ManagedControlPolicy(
    "p-FullAWSAccess",
    SERVICE_CONTROL_POLICY,
    "FullAWSAccess",
    "Allows access to every operation",
    '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "*",\n'
    '      "Resource": "*"\n    }\n  ]\n}',
)
RCP_FULL_AWS_ACCESS = ManagedControlPolicy(
    "p-RCPFullAWSAccess",
    RESOURCE_CONTROL_POLICY,
    "RCPFullAWSAccess",
    "Allows access to every resource",
    '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Principal": "*",\n'
    '      "Action": "*",\n      "Resource": "*"\n    }\n  ]\n}',
)

MANAGED = {policy.policy_id: policy for policy in (FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS)}
DEFAULTS = {policy.type: policy for policy in (FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS)}
"""What every root, unit and account has attached when its type is enabled."""


class PolicyType(NamedTuple):
    """Limits of a type of policy (Organizations guide, "Quotas"): characters, and how many on one target."""

    longest: int
    most_attached: int


POLICY_TYPES = {
    SERVICE_CONTROL_POLICY: PolicyType(5_120, 5),
    RESOURCE_CONTROL_POLICY: PolicyType(5_120, 5),
    "TAG_POLICY": PolicyType(10_000, 10),
    "BACKUP_POLICY": PolicyType(10_000, 10),
    "AISERVICES_OPT_OUT_POLICY": PolicyType(2_500, 5),
    "CHATBOT_POLICY": PolicyType(10_000, 5),
    "DECLARATIVE_POLICY_EC2": PolicyType(10_000, 10),
    "SECURITYHUB_POLICY": PolicyType(10_000, 10),
}
