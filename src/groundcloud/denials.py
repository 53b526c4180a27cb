"""Encoded authorization messages: why a call was denied, sealed, for those who may decode it.

EC2 and services like it append one to `UnauthorizedOperation`; `sts:DecodeAuthorizationMessage` opens it. The form of
the message is that of the STS API reference.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from groundcloud.identity import Principal
from groundcloud.policy import Decision, Match
from groundcloud.sealing import NotOurs, Sealer

_PURPOSE = "authorization message of "


def encode(
    decision: Decision, principal: Principal, conditions: Mapping[str, str | Sequence[str]], sealer: Sealer
) -> str:
    """The denial as text that only this installation opens. `conditions`: the condition keys to show."""
    data = json.dumps(document(decision, principal, conditions), separators=(",", ":")).encode()
    sealed = sealer.seal(zlib.compress(data, 9), _PURPOSE + principal.account)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def decode(text: str, account: str, sealer: Sealer) -> str:
    """The denial as JSON. Raises `NotOurs` for what was not encoded here, or for another account."""
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotOurs("authorization message") from error
    return zlib.decompress(sealer.open(sealed, _PURPOSE + account)).decode()


def document(decision: Decision, principal: Principal, conditions: Mapping[str, str | Sequence[str]]) -> dict[str, Any]:
    """What the decoded message says."""
    question = decision.question
    denied = decision.reason.explicit and not decision.allowed
    return {
        "allowed": decision.allowed,
        "explicitDeny": denied,
        "matchedStatements": {"items": [_statement(match) for match in decision.statements] if denied else []},
        "failures": {"items": []},
        "context": {
            "principal": {"id": principal.user_id, "name": principal.name, "arn": principal.arn},
            "action": question.action,
            "resource": question.resource,
            "conditions": {"items": [_condition(key, values) for key, values in conditions.items()]},
        },
    }


def _statement(match: Match) -> dict[str, Any]:
    return {
        "statementId": match.statement.sid,
        "effect": "ALLOW" if match.statement.allows else "DENY",
        "sourcePolicyId": match.policy.name,
        "sourcePolicyType": match.policy.type,
    }


def _condition(key: str, values: str | Sequence[str]) -> dict[str, Any]:
    listed = [values] if isinstance(values, str) else values
    return {"key": key, "values": {"items": [{"value": value} for value in listed]}}
