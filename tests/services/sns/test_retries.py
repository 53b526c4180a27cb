"""When deliveries are tried again. Source: "Amazon SNS message delivery retries" in the developer guide."""

import json
from datetime import UTC, datetime

from groundcloud.services.sns.records import Subscription, Topic
from groundcloud.services.sns.retries import delay

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def delays(protocol="http", policy=None, topic_policy=None):
    topic = Topic("1", "r", "t", NOW, {"DeliveryPolicy": json.dumps(topic_policy)} if topic_policy else {})
    own = {"DeliveryPolicy": json.dumps({"healthyRetryPolicy": policy})} if policy else {}
    subscription = Subscription("1", "r", "t", "id", "1", protocol, "e", NOW, "http://base", attributes=own)
    found = []
    while (seconds := delay(subscription, topic, len(found))) is not None:
        found.append(seconds)
    return found


def test_web_servers_are_tried_three_times_after_twenty_seconds():
    assert delays() == [20.0, 20.0, 20.0]


def test_the_phases_of_a_policy_follow_one_another():
    policy = {
        "numRetries": 10, "numNoDelayRetries": 2, "numMinDelayRetries": 2, "numMaxDelayRetries": 2,
        "minDelayTarget": 10, "maxDelayTarget": 50,
    }  # fmt: skip
    assert delays(policy=policy) == [0, 0, 10, 10, 20, 30, 40, 50, 50, 50]


def test_other_functions_grow_later():
    def policy(function):
        return {"numRetries": 4, "minDelayTarget": 0 + 1, "maxDelayTarget": 101, "backoffFunction": function}

    linear, arithmetic, geometric, exponential = (
        delays(policy=policy(name)) for name in ("linear", "arithmetic", "geometric", "exponential")
    )
    assert linear[0] > arithmetic[0] > geometric[0] > exponential[0]
    assert linear[-1] == arithmetic[-1] == geometric[-1] == exponential[-1] == 101


def test_a_topic_may_forbid_subscriptions_their_own_policy():
    topic_policy = {"http": {"disableSubscriptionOverrides": True, "defaultHealthyRetryPolicy": {"numRetries": 1}}}
    assert delays(policy={"numRetries": 5}, topic_policy=topic_policy) == [20.0]


def test_queues_are_tried_for_weeks_and_mail_for_hours():
    queue = delays("sqs")
    assert (len(queue), queue[:3]) == (100_015, [0.0, 0.0, 0.0])
    assert 22 < sum(queue) / 86400 < 24
    mail = delays("email")
    assert len(mail) == 50
    assert 5 < sum(mail) / 3600 < 8
