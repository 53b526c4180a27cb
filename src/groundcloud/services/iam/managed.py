"""AWS's managed policies: a choice of those that the AWS Managed Policy Reference lists, as data.

`managed_policies.json` has the common ones, the job functions and those that guides of AWS's services use.
"""

import hashlib
import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from groundcloud.tokens import BASE32

_FILE = Path(__file__).with_name("managed_policies.json")


class AwsManagedPolicy(NamedTuple):
    """One of AWS's own policies; it has one version here, AWS's newest that is known."""

    arn: str
    policy_name: str
    policy_id: str
    path: str
    default_version_id: str
    create_date: datetime
    update_date: datetime
    written: Any
    """The document as a JSON value."""

    @property
    def document(self) -> str:
        """As text; made when it is asked for, since most never are."""
        return _as_text(self.arn)


@cache
def _as_text(arn: str) -> str:
    return json.dumps(managed_policies()[arn].written, indent=2)


@cache
def managed_policies() -> dict[str, AwsManagedPolicy]:
    """All of them by ARN, in order of their names."""
    found = {}
    for row in json.loads(_FILE.read_text()):
        arn = f"arn:aws:iam::aws:policy{row['path']}{row['name']}"
        found[arn] = AwsManagedPolicy(
            arn=arn,
            policy_name=row["name"],
            policy_id=_policy_id(arn),
            path=row["path"],
            default_version_id=row["version"],
            create_date=datetime.fromisoformat(row["created"]),
            update_date=datetime.fromisoformat(row["updated"]),
            written=row["document"],
        )
    return found


def managed_document(arn: str) -> str | None:
    """The document of a policy of AWS's, or None."""
    policy = managed_policies().get(arn)
    return policy.document if policy is not None else None


def _policy_id(arn: str) -> str:
    """An id in AWS's form that stays the same everywhere."""
    digest = hashlib.sha256(arn.encode()).digest()
    return "ANPA" + "".join(BASE32[byte & 31] for byte in digest[:17])
