"""SQS beside its peers, in one run: sends, receives and deletes per second; a topic to many queues; a deep queue.

python benchmarks/messages.py [--peers FOLDER] [--only NAME] [--seconds 4] [--deep 0]

`--peers` is a virtual environment with benchmarks/requirements.txt; `--deep` fills a queue of Groundcloud with that
many messages first, and measures the receive from it.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import cpu
from load import run, signed_json
from peers import Running, client, groundcloud, others, running

BODY = "a message of a usual length, as jobs and notifications have it: " + "x" * 200


def requests_of(server: Running, operation: str, bodies: list[dict[str, Any]]) -> list[bytes]:
    endpoint = f"http://127.0.0.1:{server.port}"
    target = f"AmazonSQS.{operation}"
    return [signed_json(endpoint, "sqs", target, json.dumps(body), server.key, server.secret) for body in bodies]


def timed(server: Running, what: str, requests: list[bytes], concurrency: int, seconds: float, repeat: bool) -> None:
    """Run requests; their rate, their times, and the processor's time that the server has spent for each."""
    before = cpu.seconds(server.pid)
    found = run(server.port, requests, concurrency, seconds, repeat=repeat)
    spent = (cpu.seconds(server.pid) - before) / max(1, found.answers) * 1e6
    print(
        f"{server.peer.name:15} {what:22} {found.rate:8.0f}/s  p50 {found.p50:7.2f} ms  p99 {found.p99:7.2f} ms", end=""
    )
    print(f"  {spent:7.0f} us of the processor each", end="")
    print(f"  failed {found.failed}: {found.first_failure[:200]}" if found.failed else "", flush=True)


def measure(server: Running, seconds: float, concurrency: int) -> None:
    sqs = client(server.port, "sqs", server.key, server.secret)
    url = sqs.create_queue(QueueName="bench", Attributes={"VisibilityTimeout": "3600"})["QueueUrl"]
    sends = requests_of(server, "SendMessage", [{"QueueUrl": url, "MessageBody": f"{n} {BODY}"} for n in range(2000)])
    timed(server, "SendMessage", sends, concurrency, seconds, repeat=True)
    for one in ("receive", "delete"):
        sqs.create_queue(QueueName=one, Attributes={"VisibilityTimeout": "3600"})
    fill(server, url.replace("bench", "receive"), 20_000 if server.peer.name == "groundcloud" else 3_000)
    receive = {"QueueUrl": url.replace("bench", "receive"), "MaxNumberOfMessages": 1}
    timed(server, "ReceiveMessage", requests_of(server, "ReceiveMessage", [receive]), concurrency, seconds, repeat=True)
    emptied = url.replace("bench", "delete")
    fill(server, emptied, 3000)
    handles = []
    while messages := sqs.receive_message(QueueUrl=emptied, MaxNumberOfMessages=10).get("Messages"):
        handles += [message["ReceiptHandle"] for message in messages]
    deletes = requests_of(server, "DeleteMessage", [{"QueueUrl": emptied, "ReceiptHandle": each} for each in handles])
    timed(server, "DeleteMessage", deletes, concurrency, seconds, repeat=False)


def fill(server: Running, url: str, count: int) -> None:
    """So many messages, by batches over some connections."""
    entries = [{"Id": str(n), "MessageBody": BODY} for n in range(10)]
    batch = requests_of(server, "SendMessageBatch", [{"QueueUrl": url, "Entries": entries}])
    run(server.port, batch * (count // 10), 8, 3600, repeat=False)


def deep(server: Running, count: int, seconds: float, concurrency: int) -> None:
    """Receives from a queue with many messages. They are sent by pipelined batches, as many as the server takes."""
    sqs = client(server.port, "sqs", server.key, server.secret)
    url = sqs.create_queue(QueueName="deep", Attributes={"VisibilityTimeout": "3600"})["QueueUrl"]
    entries = [{"Id": str(n), "MessageBody": BODY} for n in range(10)]
    batch = requests_of(server, "SendMessageBatch", [{"QueueUrl": url, "Entries": entries}])
    timed(server, "SendMessageBatch of 10", batch * (count // 10), concurrency, 3600, repeat=False)
    receive = requests_of(server, "ReceiveMessage", [{"QueueUrl": url, "MaxNumberOfMessages": 1}])
    timed(server, f"receive of {count:,}", receive, concurrency, seconds, repeat=True)


def fan_out(server: Running, queues: int = 100, rounds: int = 5) -> None:
    """From Publish to the last of many queues, by the time at which each queue took the message."""
    sns = client(server.port, "sns", server.key, server.secret)
    sqs = client(server.port, "sqs", server.key, server.secret)
    topic = sns.create_topic(Name="bench")["TopicArn"]
    urls = []
    for number in range(queues):
        arn = f"arn:aws:sqs:us-east-1:{topic.split(':')[4]}:fan{number}"
        statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
                     "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}  # fmt: skip
        policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
        urls.append(sqs.create_queue(QueueName=f"fan{number}", Attributes={"Policy": policy})["QueueUrl"])
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    took, spent = [], []
    for _ in range(rounds):
        before = cpu.seconds(server.pid)
        begun = time.time()
        sns.publish(TopicArn=topic, Message="hello")
        time.sleep(1)
        spent.append((cpu.seconds(server.pid) - before) * 1000)
        moments = []
        for url in urls:
            [message] = sqs.receive_message(QueueUrl=url, AttributeNames=["SentTimestamp"])["Messages"]
            moments.append(int(message["Attributes"]["SentTimestamp"]) / 1000)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        took.append((max(moments) - begun) * 1000)
    print(f"{server.peer.name:15} topic to {queues} queues: {', '.join(f'{each:.0f}' for each in took)} ms", end="; ")
    print(f"of the processor {', '.join(f'{each:.0f}' for each in spent)} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--deep", type=int, default=0)
    wanted = parser.parse_args()
    for peer in [groundcloud(), *(others(wanted.peers) if wanted.peers else [])]:
        if wanted.only not in peer.name:
            continue
        with running(peer) as server:
            measure(server, wanted.seconds, wanted.concurrency)
            if peer.name == "groundcloud":
                fan_out(server)
            if wanted.deep and peer.name == "groundcloud":
                deep(server, wanted.deep, wanted.seconds, wanted.concurrency)


if __name__ == "__main__":
    main()
