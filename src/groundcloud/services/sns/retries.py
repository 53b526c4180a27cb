"""When a delivery that failed is tried again. Pure.

Source: "Amazon SNS message delivery retries" in the developer guide: AWS's own endpoints for 23 days, mail for six
hours, web servers by the delivery policy.
"""

import json

from groundcloud.services.sns.attributes import effective_retries
from groundcloud.services.sns.records import Subscription, Topic

_EXPONENTS = {"arithmetic": 2.0, "geometric": 3.0, "exponential": 0.0}


def delay(subscription: Subscription, topic: Topic, attempts: int) -> float | None:
    """Seconds until the next attempt after `attempts` failures before this one; None when there is none."""
    if subscription.protocol in ("http", "https"):
        policy = effective_retries(
            topic.attributes.get("DeliveryPolicy", ""), subscription.attributes.get("DeliveryPolicy", "")
        )
        return _by_policy(policy, attempts)
    if subscription.protocol in ("lambda", "sqs"):
        return _by_phases(attempts, immediate=3, least=2, backoff=10, most=100_000, low=1, high=20)
    return delay_outside(attempts)


def delay_outside(attempts: int) -> float | None:
    """The same for mail boxes and phones."""
    return _by_phases(attempts, immediate=0, least=2, backoff=10, most=38, low=10, high=600)


def _by_phases(
    attempts: int, *, immediate: int, least: int, backoff: int, most: int, low: int, high: int
) -> float | None:
    """Without a delay, with the least one, with a growing one, with the longest one."""
    if attempts < immediate:
        return 0.0
    attempts -= immediate
    if attempts < least:
        return float(low)
    attempts -= least
    if attempts < backoff:
        return min(float(high), low * float((high / low) ** ((attempts + 1) / backoff)))
    return float(high) if attempts - backoff < most else None


def _by_policy(policy: dict[str, object], attempts: int) -> float | None:
    numbers = {name: int(str(value)) for name, value in policy.items() if name != "backoffFunction"}
    low, high = numbers["minDelayTarget"], numbers["maxDelayTarget"]
    total = numbers["numRetries"]
    if attempts >= total:
        return None
    if attempts < numbers["numNoDelayRetries"]:
        return 0.0
    attempts -= numbers["numNoDelayRetries"]
    if attempts < numbers["numMinDelayRetries"]:
        return float(low)
    attempts -= numbers["numMinDelayRetries"]
    phases = ("numNoDelayRetries", "numMinDelayRetries", "numMaxDelayRetries")
    backoff = max(1, total - sum(numbers[name] for name in phases))
    if attempts >= backoff:
        return float(high)
    share = (attempts + 1) / backoff
    return low + (high - low) * _grown(str(policy["backoffFunction"]), share)


def _grown(function: str, share: float) -> float:
    """How much of the way from the least delay to the longest one is done after a share of the attempts."""
    if function == "exponential":
        return float((2.0 ** (10 * share) - 1) / (2.0**10 - 1))
    return float(share ** _EXPONENTS.get(function, 1.0))


def dead_letters(subscription: Subscription) -> str:
    """The ARN of the queue for what could not be delivered, or nothing."""
    policy = subscription.attributes.get("RedrivePolicy")
    return str(json.loads(policy)["deadLetterTargetArn"]) if policy else ""
