"""Celery with kombu's SQS transport, unmodified: a real worker process takes tasks from queues of this cloud."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest

from tests.clients.conftest import Owner

pytestmark = pytest.mark.clients

APP = """
import os
from pathlib import Path
from celery import Celery

app = Celery("tasks", broker="sqs://")
app.conf.broker_transport_options = {"region": "us-east-1", "visibility_timeout": 60, "wait_time_seconds": 5}
app.conf.worker_hijack_root_logger = False


@app.task
def note(text):
    with open(Path(os.environ["NOTES"]), "a") as file:
        file.write(text + "\\n")


@app.task(bind=True, max_retries=3)
def fails_once(self, text):
    if self.request.retries == 0:
        raise self.retry(countdown=1)
    note(text)
"""


def test_a_worker_takes_tasks_and_tries_them_again(owner: Owner, tmp_path: Path):
    (tmp_path / "jobs.py").write_text(APP)
    notes = tmp_path / "notes"
    endpoint = urlsplit(owner.printed["endpoint"])
    environment = {
        **owner.environment,
        "PYTHONPATH": str(tmp_path),
        "NOTES": str(notes),
        "AWS_ACCESS_KEY_ID": owner.printed["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": owner.printed["secret_access_key"],
        "CELERY_BROKER_URL": f"sqs://{endpoint.netloc}",
    }
    environment.pop("AWS_PROFILE")
    options = ["--pool", "solo", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    command = [sys.executable, "-m", "celery", "-A", "jobs", "worker", *options]
    log = (tmp_path / "worker.log").open("wb")
    worker = subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=log, stderr=log)
    try:
        send = (
            f"import jobs; jobs.app.conf.broker_url = 'sqs://{endpoint.netloc}'\n"
            "for n in range(20): jobs.note.delay(str(n))\n"
            "jobs.fails_once.delay('again')"
        )
        subprocess.run([sys.executable, "-c", send], env=environment, cwd=tmp_path, check=True, timeout=60)
        end = time.monotonic() + 180
        while time.monotonic() < end:
            found = notes.read_text().split() if notes.exists() else []
            if "again" in found and len(found) >= 21:
                break
            assert worker.poll() is None, (tmp_path / "worker.log").read_text()
            time.sleep(0.1)
        assert sorted(found) == sorted([*map(str, range(20)), "again"]), (tmp_path / "worker.log").read_text()[-3000:]
    finally:
        os.kill(worker.pid, signal.SIGTERM)
        try:
            worker.wait(20)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
        log.close()
    sqs = boto3.client(
        "sqs",
        endpoint_url=owner.printed["endpoint"],
        region_name="us-east-1",
        aws_access_key_id=owner.printed["access_key_id"],
        aws_secret_access_key=owner.printed["secret_access_key"],
    )
    url = sqs.get_queue_url(QueueName="celery")["QueueUrl"]
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (shown["ApproximateNumberOfMessages"], shown["ApproximateNumberOfMessagesNotVisible"]) == ("0", "0")
