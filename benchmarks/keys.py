"""Keys, secrets, logs and tables, side by side: Groundcloud and its peers, each as its own process.

python benchmarks/keys.py PEERS [--dynalite FOLDER] [--only NAME] [--seconds 3]

PEERS is a virtual environment with `benchmarks/requirements.txt`, FOLDER a folder in which `npm install dynalite` ran.
"""

import argparse
import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dynamodb
from load import Result, run, signed_json
from peers import Peer, Running, client, groundcloud, others, running

Request = tuple[str, str, dict[str, Any]]
"""Service, target, body."""


def _client(server: Running, service: str) -> Any:
    return client(server.port, service, server.key, server.secret)


def of_keys(server: Running) -> dict[str, list[Request]]:
    kms = _client(server, "kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"some secret of a usual length")["CiphertextBlob"]
    plain = base64.b64encode(b"some secret of a usual length").decode()
    _client(server, "secretsmanager").create_secret(Name="bench", SecretString='{"user": "app", "password": "x"}')
    cipher = base64.b64encode(blob).decode()
    return {
        "KMS Encrypt": [("kms", "TrentService.Encrypt", {"KeyId": key, "Plaintext": plain})],
        "KMS Decrypt": [("kms", "TrentService.Decrypt", {"CiphertextBlob": cipher})],
        "GetSecretValue": [("secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": "bench"})],
    }


def of_logs(server: Running) -> dict[str, list[Request]]:
    logs = _client(server, "logs")
    logs.create_log_group(logGroupName="bench")
    for number in range(16):
        logs.create_log_stream(logGroupName="bench", logStreamName=f"s{number}")
    found: dict[str, list[Request]] = {}
    for size in (1, 100):
        requests: list[Request] = []
        for number in range(400):
            start = int(time.time() * 1000)
            message = '{"level": "info", "path": "/orders/17", "ms": 12, "text": "a line of a usual length"}'
            events = [{"timestamp": start + at, "message": message} for at in range(size)]
            body = {"logGroupName": "bench", "logStreamName": f"s{number % 16}", "logEvents": events}
            requests.append(("logs", "Logs_20140328.PutLogEvents", body))
        found[f"PutLogEvents of {size}"] = requests
    return found


def of_tables(server: Running) -> dict[str, list[Request]]:
    dynamodb.prepare(f"http://127.0.0.1:{server.port}", server.key, server.secret)
    return {
        name: [("dynamodb", f"{dynamodb.TARGET}.{operation}", body) for operation, body in sent]
        for name, sent in dynamodb.bodies().items()
    }


SETS: dict[str, Callable[[Running], dict[str, list[Request]]]] = {"keys": of_keys, "logs": of_logs, "tables": of_tables}


def measure(server: Running, requests: list[Request], seconds: float) -> Result:
    endpoint = f"http://127.0.0.1:{server.port}"
    made = [
        signed_json(endpoint, service, target, json.dumps(body), server.key, server.secret)
        for service, target, body in requests
    ]
    return run(server.port, made, 16, seconds, repeat=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peers", type=Path)
    parser.add_argument("--dynalite", type=Path)
    parser.add_argument("--only", choices=SETS)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--peer", action="append", help="only these, by their names")
    wanted = parser.parse_args()
    servers = [groundcloud(), *others(wanted.peers)]
    if wanted.dynalite:
        servers.append(Peer("dynalite", [str(wanted.dynalite / "node_modules/.bin/dynalite"), "--port", "{port}"], {}))
    for peer in servers:
        if wanted.peer and peer.name not in wanted.peer:
            continue
        with running(peer) as server:
            for name in [wanted.only] if wanted.only else ["tables"] if peer.name == "dynalite" else list(SETS):
                for operation, requests in SETS[name](server).items():
                    found = measure(server, requests, wanted.seconds)
                    print(
                        f"{peer.name:15} {operation:22} {found.rate:8.0f}/s  p50 {found.p50:6.2f} ms  "
                        f"p99 {found.p99:6.2f} ms  failed {found.failed} {found.first_failure[:160]}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
