"""The resources that an event is about, as LookupEvents names them: told from the names in its parameters.

Source: "Resource types supported by CloudTrail lookups" (the types' names are CloudFormation's).
"""

from typing import Any

_TYPES: dict[str, dict[str, str]] = {
    "cloudtrail.amazonaws.com": {"name": "AWS::CloudTrail::Trail", "trailName": "AWS::CloudTrail::Trail"},
    "dynamodb.amazonaws.com": {"tableName": "AWS::DynamoDB::Table"},
    "iam.amazonaws.com": {
        "accessKeyId": "AWS::IAM::AccessKey",
        "groupName": "AWS::IAM::Group",
        "instanceProfileName": "AWS::IAM::InstanceProfile",
        "policyArn": "AWS::IAM::Policy",
        "policyName": "AWS::IAM::Policy",
        "roleName": "AWS::IAM::Role",
        "userName": "AWS::IAM::User",
    },
    "kms.amazonaws.com": {"keyId": "AWS::KMS::Key", "aliasName": "AWS::KMS::Alias"},
    "logs.amazonaws.com": {"logGroupName": "AWS::Logs::LogGroup", "logStreamName": "AWS::Logs::LogStream"},
    "s3.amazonaws.com": {"bucket": "AWS::S3::Bucket"},
    "secretsmanager.amazonaws.com": {"secretId": "AWS::SecretsManager::Secret"},
    "ssm.amazonaws.com": {"name": "AWS::SSM::Parameter"},
    "sts.amazonaws.com": {"roleArn": "AWS::IAM::Role"},
}


def resources_of(event: dict[str, Any]) -> list[dict[str, str]]:
    """Types and names, in the order of the types' parameters."""
    types = _TYPES.get(str(event.get("eventSource")), {})
    given = event.get("requestParameters") or {}
    return [
        {"resource_type": kind, "resource_name": given[name]}
        for name, kind in types.items()
        if isinstance(given.get(name), str)
    ]
