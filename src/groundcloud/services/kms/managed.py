"""AWS managed keys: `alias/aws/s3` and its like, each made when its service first uses it.

They may be used through their service alone, by every principal of the account that may use the service, and nobody
can manage them (AWS KMS Developer Guide, "AWS managed keys").
"""

import json

from groundcloud.context import Context
from groundcloud.services.kms.lookup import Reference
from groundcloud.services.kms.making import put_alias, put_key, secret
from groundcloud.services.kms.records import Alias, Key

PREFIX = "alias/aws/"
SERVICES = {
    "acm": "acm", "backup": "backup", "dynamodb": "dynamodb", "ebs": "ec2", "elasticfilesystem": "elasticfilesystem",
    "es": "es", "fsx": "fsx", "kinesis": "kinesis", "lambda": "lambda", "rds": "rds", "redshift": "redshift",
    "s3": "s3", "secretsmanager": "secretsmanager", "sns": "sns", "sqs": "sqs", "ssm": "ssm", "xray": "xray",
}  # fmt: skip
"""The keys that AWS has aliases for, and the service that each is used through."""


def key_of_service(ctx: Context, meant: Reference) -> Key | None:
    """The key behind a predefined alias that has none yet: made now where the call can write, else as it would be.
    None for every other alias, and for one whose key is there."""
    name = meant.alias.removeprefix(PREFIX)
    if name not in SERVICES or not meant.alias.startswith(PREFIX) or meant.account != ctx.account:
        return None
    if ctx.tx.get(Alias, meant.account, meant.region, meant.alias) is not None:
        return None
    key = Key(
        account=ctx.account, region=ctx.region, key_id="", arn=meant.arn, creation_date=ctx.now(),
        key_spec="SYMMETRIC_DEFAULT", key_usage="ENCRYPT_DECRYPT", policy=policy(ctx, name), key_manager="AWS",
        description=f"Default key that protects my {name.upper()} data when no other key is defined",
    )  # fmt: skip
    return make(ctx, key, meant.alias) if ctx.tx.writable else key


def make(ctx: Context, key: Key, alias: str) -> Key:
    """AWS managed keys rotate each year."""
    made = put_key(ctx, key, secret(ctx, 32), rotation=True)
    put_alias(ctx, alias, made)
    return made


def policy(ctx: Context, name: str) -> str:
    via = f"{SERVICES[name]}.{ctx.region}.amazonaws.com"
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Id": f"auto-{name}-1",
            "Statement": [
                {
                    "Sid": f"Allow access through {name} for all principals in the account that may use it",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": [
                        "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant",
                        "kms:DescribeKey",
                    ],
                    "Resource": "*",
                    "Condition": {"StringEquals": {"kms:ViaService": via, "kms:CallerAccount": ctx.account}},
                },
                {
                    "Sid": "Allow direct access to key metadata to the account",
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ctx.account}:root"},
                    "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                    "Resource": "*",
                },
            ],
        }
    )  # fmt: skip
