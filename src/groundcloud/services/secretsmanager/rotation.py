"""Rotation: when and by whom. The controller (`rotation_controller.py`) does it.

It takes somebody who changes the password at its service: a rotator of the engine `rotators`, which knows the secrets
that are its own (RDS fills it). Rotation by a Lambda function is refused in the words of AWS until there are functions.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.secretsmanager import errors
from groundcloud.services.secretsmanager.lookup import changeable, secret
from groundcloud.services.secretsmanager.records import PENDING, RotationRules, Secret, Version
from groundcloud.services.secretsmanager.schedules import BadSchedule, next_after


class Rotator(Protocol):
    """Changes what a secret opens. A controller calls it, and calls it again until it returns."""

    def rotates(self, secret: Secret) -> bool:
        """Whether this secret is its own."""
        ...

    def change(self, secret: Secret, current: str, pending: str) -> None:
        """Make the service take the credentials of `pending` instead of those of `current`, both the JSON that the
        secret holds. Idempotent: it may be called again after it has done so. Raises what went wrong."""
        ...


def rotator_of(rotators: Sequence[Rotator], found: Secret) -> Rotator | None:
    return next((one for one in rotators if one.rotates(found)), None)


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
    if rotation_lambda_arn:
        raise errors.CannotInvoke()
    if rotation_rules is not None:
        found.rotation_rules = rotation_rules
    next_date = next_rotation(found, ctx.now())
    pending = found.staged(PENDING)
    if pending is not None and "AWSCURRENT" not in pending.stages:
        raise errors.InvalidRequest(reason="A previous rotation isn't complete. That rotation will be reattempted.")
    if rotator_of(ctx.world.engines.get("rotators", ()), found) is None:
        if not found.owning_service:
            raise errors.InvalidRequest(reason="No Lambda rotation function ARN is associated with this secret.")
        raise errors.NoRotator(name=found.name)
    found.rotation_enabled = True
    found.next_rotation_date = next_date
    token = client_request_token or new_token(ctx.random(16).hex())
    if rotate_immediately:
        begin(found, token, ctx.now())
    ctx.put(found)
    return {"arn": found.arn, "name": found.name, "version_id": token if rotate_immediately else None}


def new_token(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def begin(found: Secret, token: str, now: datetime) -> None:
    """Add the version that is to become current; it has no value yet."""
    if found.version_of(token) is not None:
        raise errors.InvalidRequest(reason="The request token is that of another version of the secret.")
    found.versions.append(Version(version_id=token, created_date=now, stages=[PENDING]))


def next_rotation(found: Secret, now: datetime) -> datetime | None:
    """When a secret is rotated next by its rules. Raises `InvalidParameterException`."""
    rules = found.rotation_rules
    if rules is None:
        return None
    if rules.schedule_expression and rules.automatically_after_days:
        raise errors.InvalidParameter(
            reason="You can specify either AutomaticallyAfterDays or ScheduleExpression, but not both."
        )
    if rules.automatically_after_days:
        return now + timedelta(days=rules.automatically_after_days)
    if not rules.schedule_expression:
        return None
    try:
        return next_after(rules.schedule_expression, now)
    except BadSchedule as error:
        raise errors.InvalidParameter(reason=f"Invalid schedule expression: {error}") from error


@operation(on=secret)
def cancel_rotate_secret(ctx: Context, secret_id: str) -> object:
    found = changeable(ctx, secret_id)
    pending = found.staged(PENDING)
    found.rotation_enabled = False
    found.next_rotation_date = None
    ctx.put(found)
    return {"arn": found.arn, "name": found.name, "version_id": pending.version_id if pending is not None else None}
