"""Rotation. It takes somebody who changes the password at its service; until there is one, RotateSecret says so and
stores nothing that would seem to rotate.

A rotator gets a secret and the token of its next version, and leaves that version current (User Guide, "Rotation by
Lambda function"): a Lambda function in four steps, or a database's own.
"""

from typing import Protocol

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.secretsmanager import errors
from groundcloud.services.secretsmanager.lookup import changeable, secret
from groundcloud.services.secretsmanager.records import PENDING, RotationRules, Secret


class Rotator(Protocol):
    """Changes a secret and what it opens. A controller calls it, and calls it again until it returns."""

    def rotates(self, secret: Secret) -> bool:
        """Whether this secret is its own."""
        ...

    def rotate(self, secret: Secret, token: str) -> None:
        """Make version `token` the current one. Idempotent; raises what went wrong."""
        ...


@operation(
    on=secret,
    conditions={
        "secretsmanager:RotationLambdaARN": "rotation_lambda_arn",
        "secretsmanager:RotateImmediately": "rotate_immediately",
    },
)
def rotate_secret(
    ctx: Context,
    secret_id: str,
    client_request_token: str = "",
    rotation_lambda_arn: str = "",
    rotation_rules: RotationRules | None = None,
    rotate_immediately: bool = True,
) -> object:
    found = changeable(ctx, secret_id)
    if not (rotation_lambda_arn or found.rotation_lambda_arn or found.owning_service):
        raise errors.InvalidRequest(reason="No Lambda rotation function ARN is associated with this secret.")
    pending = found.staged(PENDING)
    if pending is not None and "AWSCURRENT" not in pending.stages:
        raise errors.InvalidRequest(reason="A previous rotation isn't complete. That rotation will be reattempted.")
    raise errors.NoRotator(name=found.name)


@operation(on=secret)
def cancel_rotate_secret(ctx: Context, secret_id: str) -> object:
    found = changeable(ctx, secret_id)
    pending = found.staged(PENDING)
    found.rotation_enabled = False
    found.next_rotation_date = None
    ctx.put(found)
    return {"arn": found.arn, "name": found.name, "version_id": pending.version_id if pending is not None else None}
