"""Logins with tokens of IAM: the cloud is asked whether a token is good for a user. It goes nowhere else.

PostgreSQL asks by LDAP, of a small answerer in this agent that knows simple binds only (RFC 4511) and listens on the
loopback: PAM's modules would cut a token off. MariaDB's PAM plugin starts this file as its tool, with the words of that
plugin's own protocol (`auth_pam_tool.h` in MariaDB's source).
"""

import http.client
import json
import os
import socketserver
import sys
import threading
from io import BufferedIOBase

from . import system

PORT = 3389
"""Where PostgreSQL asks, on the loopback."""
_PATH = system.PATH + "/login"
_SECONDS = 10
_LONGEST = 16384
_BIND, _BIND_ANSWER = 0x60, 0x61
_DONE, _WRONG = 0, 49
"""LDAP's success and invalidCredentials."""


def allowed(machine: str, user: str, token: str) -> bool:
    """Whether the cloud lets a user in with a token; not, when it does not answer."""
    body = json.dumps({"user": user, "token": token}).encode()
    connection = http.client.HTTPConnection(system.ADDRESS, timeout=_SECONDS)
    try:
        connection.request("POST", _PATH, body, {"X-Groundcloud-Machine": machine})
        return connection.getresponse().status == 204
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


# -- PostgreSQL


class _Bind(socketserver.StreamRequestHandler):
    timeout = _SECONDS

    def handle(self) -> None:
        tag, message = _element(self.rfile)
        if tag != 0x30:
            return
        number_tag, number, rest = _split(message)
        operation, bind, _ = _split(rest)
        if number_tag != 2 or operation != _BIND:
            return
        _, _, rest = _split(bind)  # the version
        _, name, rest = _split(rest)
        kind, token, _ = _split(rest)
        good = kind == 0x80 and bool(token) and allowed(system.machine(), name.decode(), token.decode())
        answer = bytes((0x0A, 1, _DONE if good else _WRONG, 4, 0, 4, 0))
        inner = bytes((2, len(number))) + number + bytes((_BIND_ANSWER, len(answer))) + answer
        self.wfile.write(bytes((0x30, len(inner))) + inner)


class _Answerer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def _element(file: BufferedIOBase) -> tuple[int, bytes]:
    """The tag and the content of the next element (X.690, definite lengths). Raises `ValueError`."""
    tag, length = file.read(2)
    if length & 0x80:
        length = int.from_bytes(file.read(length & 0x7F), "big")
    if length > _LONGEST:
        raise ValueError("it is too long")
    return tag, file.read(length)


def _split(data: bytes) -> tuple[int, bytes, bytes]:
    """The first element of some, and what follows it."""
    tag, length, start = data[0], data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    return tag, data[start : start + length], data[start + length :]


def answer() -> None:
    """Begin to answer PostgreSQL, in threads beside the agent's loop."""
    server = _Answerer(("127.0.0.1", PORT), _Bind)
    threading.Thread(target=server.serve_forever, name="logins", daemon=True).start()


# -- MariaDB


def install(machine: str, plugins: str) -> None:
    """Make this file the tool of the PAM plugin."""
    words = f"PYTHONPATH=/usr/lib/groundcloud exec python3 -S -m database.logins {machine}"
    tool = f"{plugins}/auth_pam_tool_dir/auth_pam_tool"
    system.write(tool, f"#!/bin/sh\n{words}\n", "mysql", 0o700)


def _ask_for_token(machine: str) -> bool:
    _read(1)
    user = _read(int.from_bytes(_read(2), "big")).decode()
    _read(int.from_bytes(_read(2), "big"))  # what the user was made with: the word RDS
    question = b"\x04Password: "
    os.write(1, b"C" + len(question).to_bytes(2, "big") + question)
    token = _read(int.from_bytes(_read(2), "big")).rstrip(b"\0").decode()
    return bool(token) and allowed(machine, user, token)


def _read(count: int) -> bytes:
    """So many bytes of the standard input. Raises `EOFError`."""
    found = b""
    while len(found) < count:
        more = os.read(0, count - len(found))
        if not more:
            raise EOFError
        found += more
    return found


if __name__ == "__main__":
    if _ask_for_token(sys.argv[1]):
        os.write(1, b"E")
    else:
        sys.exit(1)
