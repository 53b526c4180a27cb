"""Policies of advanced parameters: Expiration, which deletes a parameter on its date. Notifications need somebody who
delivers them, and are refused."""

import json
from datetime import datetime
from typing import Any

import msgspec

from groundcloud.services.ssm import errors


def expiry(policies: str) -> datetime | None:
    """When the policies delete the parameter. Raises `InvalidPolicyTypeException`,
    `InvalidPolicyAttributeException`."""
    found = None
    for policy in listed(policies):
        kind = policy.get("Type")
        if kind in ("ExpirationNotification", "NoChangeNotification"):
            raise errors.PolicyNotWritten(type=kind)
        if kind != "Expiration":
            raise errors.InvalidPolicyType(reason=f"The policy type {kind} is not supported.")
        if found is not None:
            raise errors.InvalidPolicyType(reason="A parameter can have one Expiration policy.")
        found = _timestamp(policy)
    return found


def _timestamp(policy: dict[str, Any]) -> datetime:
    attributes = policy.get("Attributes")
    written = attributes.get("Timestamp") if isinstance(attributes, dict) else None
    try:
        time = msgspec.convert(written, datetime)
    except msgspec.ValidationError as error:
        raise errors.InvalidPolicyAttribute(reason="Expiration needs the attribute Timestamp.") from error
    if time.tzinfo is None:
        raise errors.InvalidPolicyAttribute(reason="The Timestamp of Expiration needs a time zone.")
    return time


def listed(policies: str) -> list[dict[str, Any]]:
    if not policies:
        return []
    try:
        found = json.loads(policies)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(policy, dict) for policy in found):
        raise errors.InvalidPolicyType(reason="Policies must be a JSON array of policies.")
    return found


def shown(policies: str) -> list[dict[str, str]] | None:
    """As DescribeParameters shows them. A policy that has been carried out has no parameter left."""
    return [
        {"policy_text": json.dumps(policy), "policy_type": str(policy.get("Type")), "policy_status": "Pending"}
        for policy in listed(policies)
    ] or None
