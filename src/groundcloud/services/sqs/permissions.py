"""AddPermission and RemovePermission: statements of a queue's policy, by their labels."""

import json
import re
from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.sqs import errors
from groundcloud.services.sqs.errors import invalid_value
from groundcloud.services.sqs.lookup import find, plane, queue
from groundcloud.services.sqs.records import Queue
from groundcloud.store import Transaction

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}")
_MAY_BE_GIVEN = frozenset(
    (
        "*", "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes",
        "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue",
    )
)  # fmt: skip
_MOST_STATEMENTS, _MOST_ACTIONS = 20, 7


def _statements(found: Queue) -> list[dict[str, Any]]:
    written = json.loads(found.policy).get("Statement", []) if found.policy else []
    return written if isinstance(written, list) else [written]


def _keep(tx: Transaction, found: Queue, statements: list[dict[str, Any]]) -> None:
    document = json.loads(found.policy) if found.policy else {
        "Version": "2012-10-17", "Id": f"{found.arn}/SQSDefaultPolicy",
    }  # fmt: skip
    if statements:
        found.attributes["Policy"] = json.dumps({**document, "Statement": statements}, separators=(",", ":"))
    else:
        found.attributes.pop("Policy", None)
    tx.put(found)


@operation(on=queue)
async def add_permission(
    ctx: Context, queue_url: str, label: str, aws_account_ids: Sequence[str], actions: Sequence[str]
) -> None:
    if not _LABEL.fullmatch(label):
        raise invalid_value(label, "Label", "Can only include alphanumeric characters, hyphens, or underscores. 1 to "
            "80 in length.")  # fmt: skip
    for action in actions:
        if action not in _MAY_BE_GIVEN:
            reason = "Only the queue owner is allowed to invoke this action."
            raise invalid_value(f"SQS:{action}", "ActionName", reason)
    for account in aws_account_ids:
        if not re.fullmatch(r"\d{12}", account):
            raise invalid_value(f"[{account}]", "PrincipalId", "Unable to verify.")
    if len(actions) > _MOST_ACTIONS:
        raise errors.OverLimit(reason=f"{len(actions)} Actions were found, maximum allowed is {_MOST_ACTIONS}.")

    def work(tx: Transaction) -> None:
        found = find(ctx, tx, queue_url)
        statements = _statements(found)
        if any(statement.get("Sid") == label for statement in statements):
            raise invalid_value(label, "Label", "Already exists.")
        if len(statements) >= _MOST_STATEMENTS:
            raise errors.OverLimit(
                reason=f"{len(statements) + 1} statements were found in the submitted policy, max allowed is "
                f"{_MOST_STATEMENTS}"
            )
        accounts = [f"arn:aws:iam::{account}:root" for account in aws_account_ids]
        given = [f"SQS:{action}" for action in actions]
        statements.append(
            {
                "Sid": label,
                "Effect": "Allow",
                "Principal": {"AWS": accounts[0] if len(accounts) == 1 else accounts},
                "Action": given[0] if len(given) == 1 else given,
                "Resource": found.arn,
            }
        )
        _keep(tx, found, statements)

    await plane(ctx).submit(work)


@operation(on=queue)
async def remove_permission(ctx: Context, queue_url: str, label: str) -> None:
    def work(tx: Transaction) -> None:
        found = find(ctx, tx, queue_url)
        statements = _statements(found)
        left = [statement for statement in statements if statement.get("Sid") != label]
        if len(left) == len(statements):
            raise invalid_value(label, "Label", "can't find label on existing policy.")
        _keep(tx, found, left)

    await plane(ctx).submit(work)
