"""The parts of the database agent that need no database: what it gives to the archive, how it asks about tokens."""

import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from groundcloud.engines.machines.database import logins, plugin, system
from groundcloud.engines.machines.database.archive import Archive, main
from groundcloud.engines.machines.database.marks import Marks


@pytest.fixture()
def cloud(monkeypatch):
    """What answers at the metadata service's address: it keeps what it is given, and notes what was asked."""

    class Answer(BaseHTTPRequestHandler):
        kept = {}
        asked = []
        status = 204

        def do_HEAD(self):
            self._say(200 if self.path in self.kept else 404)

        def do_PUT(self):
            self.kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self.asked.append((self.path, self.headers))
            self._say(self.status)

        def do_POST(self):
            self.kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self._say(self.status)

        def do_GET(self):
            self._say(200 if self.path in self.kept else 404, self.kept.get(self.path, b""))

        def _say(self, status, body=b""):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    Answer.kept, Answer.asked = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(system, "ADDRESS", f"127.0.0.1:{server.server_port}")
    yield Answer
    server.shutdown()
    server.server_close()


LOGS = system.PATH + "/archive/"


def test_a_segment_is_sent_once_and_without_the_zeros_at_its_end(cloud, tmp_path):
    segment = tmp_path / "segment"
    segment.write_bytes((b"x" * 3_000_000 + b"\0" * 7 + b"y").ljust(16 << 20, b"\0"))
    assert main("db-1", "put", str(segment), "000000010000000000000001") == 0
    assert main("db-1", "put", str(segment), "000000010000000000000001") == 0
    ((path, headers),) = cloud.asked
    assert path == LOGS + "000000010000000000000001"
    assert len(cloud.kept[path]) == 3_000_008
    assert headers["X-Groundcloud-Length"] == str(16 << 20)
    assert headers["X-Groundcloud-Machine"] == "db-1"


def test_a_segment_of_nothing_but_zeros_is_sent_as_nothing(cloud, tmp_path):
    segment = tmp_path / "segment"
    segment.write_bytes(bytes(3 << 20))
    Archive("db-1").put(str(segment), "one", 1.0, 2.0)
    assert cloud.kept[LOGS + "one"] == b""


def test_what_the_archive_refuses_is_tried_again_by_postgresql(cloud, tmp_path, capsys):
    (tmp_path / "segment").write_bytes(b"log")
    cloud.status = 503
    assert main("db-1", "put", str(tmp_path / "segment"), "one") == 1
    assert "503" in capsys.readouterr().err


def test_the_end_of_the_archive_differs_from_an_archive_that_does_not_answer(cloud, tmp_path, monkeypatch):
    """PostgreSQL's manual, "Archive Recovery": a code over 125 ends the recovery, and the server does not start."""
    cloud.kept[LOGS + "one"] = b"log"
    target = tmp_path / "fetched"
    assert main("db-1", "get", "one", str(target)) == 0
    assert target.read_bytes() == b"log"
    assert main("db-1", "get", "two", str(target)) == 1
    monkeypatch.setattr(system, "ADDRESS", "127.0.0.1:1")
    assert main("db-1", "get", "one", str(target)) > 125


def test_marks_come_soon_where_something_is_written_and_now_and_then_where_nothing_is(monkeypatch):
    now = 1000.0
    monkeypatch.setattr("groundcloud.engines.machines.database.marks.time.monotonic", lambda: now)
    marks = Marks()
    assert marks.due(lambda: "a")
    marks.set("a")
    assert not marks.due(lambda: "b")  # the first one is not reached yet
    marks.reached(1.0)
    now += 40
    assert not marks.due(lambda: "a")
    now += 10
    assert marks.due(lambda: "b")
    now += 200
    assert marks.due(lambda: "a")
    assert now - 1000 < 300  # what can be restored is less than five minutes old
    assert marks.last == 1.0


def test_times_are_written_as_databases_take_them():
    assert system.moment(1_700_000_000_000_000) == "2023-11-14 22:13:20"
    assert system.moment(1_700_000_000_250_000) == "2023-11-14 22:13:20.250000"


# -- tokens


def bound(user, password, number=b"\x01"):
    """A BindRequest. Source: RFC 4511, 4.2."""
    name, token = user.encode(), password.encode()
    inner = b"\x02\x01\x03\x04" + bytes((len(name),)) + name + b"\x80\x82" + len(token).to_bytes(2, "big") + token
    body = b"\x02" + bytes((len(number),)) + number + b"\x60\x82" + len(inner).to_bytes(2, "big") + inner
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


@pytest.mark.parametrize(("status", "code"), [(204, 0), (403, 49)])
def test_postgresql_is_told_by_ldap_what_the_cloud_says_of_a_token(cloud, monkeypatch, status, code):
    cloud.status = status
    monkeypatch.setattr(system, "machine", lambda: "db-1")
    with logins._Answerer(("127.0.0.1", 0), logins._Bind) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with socket.create_connection(server.server_address, timeout=30) as asking:
            asking.sendall(bound("jane", "t" * 2000, b"\x07"))
            answer = asking.recv(100)
        server.shutdown()
    assert answer == bytes((0x30, 12, 2, 1, 7, 0x61, 7, 0x0A, 1, code, 4, 0, 4, 0))
    assert cloud.kept[system.PATH + "/login"] == b'{"user": "jane", "token": "' + b"t" * 2000 + b'"}'


def test_nobody_is_let_in_when_the_cloud_does_not_answer(monkeypatch):
    monkeypatch.setattr(system, "ADDRESS", "127.0.0.1:1")
    assert not logins.allowed("db-1", "jane", "token")


def a_library(description=b"PAM based authentication"):
    """A library with a declaration of a plugin, as small as it may be: 64 bits, little-endian."""
    base, strings, names = 0x1000, b"\0_maria_plugin_declarations_\0", b"pam\0" + description + b"\0"
    declared = base + 0x200
    symbols = struct.pack("<IBBHQQ", 1, 0, 0, 0, declared, 0)
    text = base + 0x100
    relocations = struct.pack("<QQq", declared + 16, 8, text) + struct.pack("<QQq", declared + 32, 8, text + 4)
    content = {0x80: strings, 0xC0: symbols, 0x100: names, 0x140: relocations}
    table = 0x400
    sections = ((11, 0, 0xC0, len(symbols), 1), (3, 0, 0x80, len(strings), 0), (4, 0, 0x140, len(relocations), 0),
                (1, text, 0x100, len(names), 0), (1, declared, 0x200, 0x100, 0))  # fmt: skip
    made = bytearray(0x400)
    made[:16] = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    struct.pack_into("<Q", made, 0x28, table)
    struct.pack_into("<HH", made, 0x3A, 64, len(sections))
    for at, data in content.items():
        made[at : at + len(data)] = data
    for kind, address, offset, size, link in sections:
        made += struct.pack("<IIQQQQIIQQ", 0, kind, 0, address, offset, size, link, 0, 0, 24)
    return bytes(made)


def test_the_plugin_gets_its_other_name_where_its_description_was():
    made = plugin.renamed(a_library())
    assert made[0x104 : 0x104 + 24] == b"AWSAuthenticationPlugin\0"
    assert struct.unpack_from("<q", made, 0x140 + 16) == (0x1104,)
    assert made[0x100:0x104] == b"pam\0"


@pytest.mark.parametrize("library", [b"", b"\x7fELF\x01\x01", a_library(b"Something else, as long")])
def test_what_is_not_that_plugin_is_left_alone(library):
    with pytest.raises(plugin.NotUnderstood):
        plugin.renamed(library)
